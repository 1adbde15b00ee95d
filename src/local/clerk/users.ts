import { marker } from '../marker.ts'

/** A person whom local mode knows. */
export interface LocalUser {
  readonly id: string
  /** The one session of this user: it is the same in every token. */
  readonly sessionId: string
  readonly number: number
  readonly email: string
  /** Printed at the start: it opens nothing but the stand-in. */
  readonly password: string
  readonly firstName: string
  readonly lastName: string
}

/** What a member may do in an organisation, in Clerk's vocabulary. */
export interface LocalMembership {
  /** `org:admin`. */
  readonly role: string
  /** `org:reports:read`. */
  readonly permissions: readonly string[]
}

/** An organisation that local mode knows. */
export interface LocalOrganization {
  readonly id: string
  readonly slug: string
  readonly name: string
  /** By the name of the user in {@link localUsers}. */
  readonly members: ReadonlyMap<string, LocalMembership>
}

/** The local users by name. */
export const localUsers: ReadonlyMap<string, LocalUser> = new Map([
  ['ada', user(1, 'ada', 'Ada Lovelace', 'ada-analytical-1843')],
  ['grace', user(2, 'grace', 'Grace Hopper', 'grace-compiler-1952')],
  ['linus', user(3, 'linus', 'Linus Torvalds', 'linus-kernel-1991')],
])

/** The local organisations by slug. */
export const localOrganizations: ReadonlyMap<string, LocalOrganization> = new Map([
  [
    'acme',
    {
      id: identifier('org', 'acme'),
      slug: 'acme',
      name: 'Acme',
      members: new Map([
        ['grace', { role: 'org:admin', permissions: ['org:reports:read', 'org:reports:manage'] }],
      ]),
    },
  ],
])

/** The names of the users whom local mode grants Usher's own role `admin`. */
export const localAdministrators: readonly string[] = ['ada']

function user(number: number, name: string, fullName: string, password: string): LocalUser {
  const [firstName = '', lastName = ''] = fullName.split(' ')
  return {
    id: identifier('user', name),
    sessionId: identifier('sess', name),
    number,
    email: `${name}@${marker}`,
    password,
    firstName,
    lastName,
  }
}

/** Clerk's identifiers are a prefix and 27 word characters. */
export function identifier(prefix: string, name: string): string {
  return `${prefix}_${name.padEnd(27, '0')}`
}
