import { startSession } from '../../src/local/clerk/acts/sessions.ts'
import { digestOf, newId } from '../../src/local/clerk/kernel/identifiers.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import type { ClerkBrowser } from './clerk-browser.ts'
import type { TestStandIn } from './stand-in.ts'

/** A new browser in which a user is signed in already, without the way through the sign-in form. */
export async function signedInBrowser(kit: TestStandIn, userId: string): Promise<ClerkBrowser> {
  const { world } = kit.standIn
  const now = world.clock.now()
  const secret = 's'.repeat(43)
  const client = world.state.clients.put({
    id: newId('client'),
    secretDigest: await digestOf(secret),
    signInId: null,
    signUpId: null,
    lastActiveSessionId: null,
    uatMs: 0,
    createdAt: now,
    updatedAt: now,
  })
  startSession(world, { client, userId, origin: 'sign_in', firstFactorAt: now })
  const browser = kit.browser()
  browser.setCookie('__client', `${client.id}.${secret}`)
  return browser
}

/** The id of ada, grace or linus. */
export function localUserId(name: string): string {
  const user = localUsers.get(name)
  if (user !== undefined) return user.id
  throw new Error(`Local mode knows no ${name}`)
}
