/** Where the surfaces of operators answer: nowhere, where neither holds. */
export interface OperatorPlace {
  /** On every host that is served. */
  readonly isAnywhere: boolean
  /** On a host that is theirs alone and leads to no origin; lower case, with a port where it is not the default. */
  readonly host: string | undefined
}

/** Whether the surfaces of operators answer on a host. */
export function isOperatorsPlace({ isAnywhere, host }: OperatorPlace, asked: string): boolean {
  return isAnywhere || asked === host
}
