/**
 * What a development entry may relax. Each is a named capability that only code can pass in: no
 * variable, header or configuration key turns one on, and the production entry passes none.
 */
export interface Relaxations {
  /** Origins, key servers and Clerk's addresses may be plain http, private or on this machine. */
  readonly plainAddresses: boolean
  /** Publishable keys of a stand-in (`*.localhost`) are accepted. */
  readonly standInKeys: boolean
  /** Diagnosis is open to everyone, not only to operators. */
  readonly openDiagnosis: boolean
  /** Operators work on every host, whatever the config says of theirs. */
  readonly operatorAnywhere: boolean
}

/** Production: nothing is relaxed. */
export const strict: Relaxations = {
  plainAddresses: false,
  standInKeys: false,
  openDiagnosis: false,
  operatorAnywhere: false,
}
