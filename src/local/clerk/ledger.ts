/** One operation of Clerk's published descriptions. */
export interface Entry {
  readonly method: string
  /** Below `/v1` in the Backend API, as the description writes it. */
  readonly path: string
  readonly id: string
}

/** Every operation of the Frontend API's description. */
export const frontendLedger: readonly Entry[] = []
/** Every operation of the Backend API's description. */
export const backendLedger: readonly Entry[] = []
