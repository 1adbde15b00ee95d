/** What Clerk says of a person, as far as Usher keeps it. */
export interface Profile {
  /** The primary address, in lower case. */
  readonly email: string | null
  readonly emailVerified: boolean
  readonly firstName: string | null
  readonly lastName: string | null
  readonly username: string | null
  readonly imageUrl: string | null
  readonly status: 'active' | 'banned' | 'locked'
}

/** A person of whom nothing is known but that they were here. */
export const unknownProfile: Profile = {
  ...{ email: null, emailVerified: false, firstName: null, lastName: null },
  ...{ username: null, imageUrl: null, status: 'active' },
}
