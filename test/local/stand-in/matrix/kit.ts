import { type ClerkClient, createClerkClient, type User } from '@clerk/backend'
import { decodeToken } from '../../../../src/clerk/jwt.ts'
import { localUsers } from '../../../../src/local/clerk/users.ts'
import { listen } from '../../../support/listen.ts'
import { createTestStandIn, type TestStandIn } from '../../../support/stand-in.ts'

/** Clerk's own client of the Backend API, and the stand-in that it calls over a port. */
export interface Kit {
  readonly sdk: ClerkClient
  readonly clerk: TestStandIn
  readonly ada: string
  readonly grace: string
  readonly acme: string
  readonly gateway: string
  /** A new user, with an address that is in use nowhere. */
  person(): Promise<User>
  /** A word that was in use nowhere. */
  word(): string
  close(): Promise<void>
}

/** What is done with one method, and what it must give. */
export type Case = (kit: Kit) => Promise<unknown>

/** Opens a stand-in on a port, and Clerk's client for it. */
export async function openKit(): Promise<Kit> {
  const clerk = await createTestStandIn()
  const { origin, close } = await listen(clerk.fetch)
  const { secretKey, machine } = clerk.settings
  const sdk = createClerkClient({
    apiUrl: `${origin}/backend`,
    secretKey,
    machineSecretKey: machine?.secretKey ?? '',
    telemetry: { disabled: true },
  })
  let count = 0
  const word = () => `w${++count}x${count}`
  return {
    ...{ sdk, clerk, word, close },
    ada: localUsers.get('ada')?.id ?? '',
    grace: localUsers.get('grace')?.id ?? '',
    acme: clerk.standIn.world.state.organizations.find(({ slug }) => slug === 'acme')?.id ?? '',
    gateway: machine?.id ?? '',
    person: () =>
      sdk.users.createUser({ emailAddress: [`${word()}@example.com`], password: 'a sound secret' }),
  }
}

/** Every method of every namespace of the client, as `users.getUser`. */
export function methodsOf(sdk: ClerkClient): readonly string[] {
  return Object.entries(sdk).flatMap(([namespace, api]) => {
    if (typeof api !== 'object' || api === null || namespace === 'telemetry') return []
    return namesOf(api).map((name) => `${namespace}.${name}`)
  })
}

function namesOf(api: object): readonly string[] {
  const names = new Set<string>()
  for (let proto = Object.getPrototypeOf(api); proto !== Object.prototype; ) {
    for (const name of Object.getOwnPropertyNames(proto)) names.add(name)
    proto = Object.getPrototypeOf(proto)
  }
  return [...names].filter((name) => !['constructor', 'requireId'].includes(name))
}

/** What a JWT says, whoever signed it. */
export function claimsIn(jwt: string): Readonly<Record<string, unknown>> {
  const decoded = decodeToken(jwt)
  if (!decoded.ok) throw new Error('This is no JWT')
  return decoded.value.payload
}
