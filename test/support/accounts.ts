import { createUser, verifiedByAdmin } from '../../src/local/clerk/acts/people.ts'
import type { ClerkBrowser } from './clerk-browser.ts'
import { localUserId, signedInBrowser } from './signed-in-browser.ts'
import { createTestStandIn, type TestStandIn } from './stand-in.ts'

/** Somebody with a verified address and a password, signed in. */
export interface Account {
  readonly id: string
  readonly email: string
  readonly browser: ClerkBrowser
}

/** A stand-in, and people on it who look after their accounts. */
export interface Accounts {
  readonly kit: TestStandIn
  /** What is kept of the password of everybody here, which is that of ada. */
  readonly passwordDigest: string
  /** How many were made: a number for what must be new with each. */
  readonly count: () => number
  /** A new one. */
  somebody(): Promise<Account>
}

/** Opens a stand-in for them. */
export async function openAccounts(): Promise<Accounts> {
  const kit = await createTestStandIn()
  const { world } = kit.standIn
  const passwordDigest = world.state.users.get(localUserId('ada'))?.passwordDigest ?? ''
  let count = 0
  return {
    ...{ kit, passwordDigest },
    count: () => count,
    async somebody() {
      count += 1
      const email = `somebody${count}@example.com`
      const { id } = createUser(world, {
        passwordDigest,
        emailAddresses: [{ emailAddress: email, verification: verifiedByAdmin }],
      })
      return { id, email, browser: await signedInBrowser(kit, id) }
    },
  }
}

/** A code that is not this one. */
export function wrongCode(code: string): string {
  return code === '000000' ? '111111' : '000000'
}
