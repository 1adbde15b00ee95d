/** One thing that is wrong (or risky) in the configuration or the environment. */
export interface Problem {
  /** Where it is: `routes[2].access.role`, or the name of a variable. */
  readonly place: string
  /** What is wrong and how to mend it, in one or two sentences. Never echoes a secret's value. */
  readonly message: string
}
