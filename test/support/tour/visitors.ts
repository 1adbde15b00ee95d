import { localUsers } from '../../../src/local/clerk/users.ts'
import type { ClerkBrowser, TestStandIn } from '../stand-in.ts'

/** A browser in which a local user has signed in with their password. */
export async function signInBy(
  kit: Pick<TestStandIn, 'browser'>,
  name: string,
): Promise<ClerkBrowser> {
  const user = localUsers.get(name)
  if (user === undefined) throw new Error(`There is no local user ${name}`)
  return signInWith(kit, user.email, user.password)
}

/** A browser in which somebody has signed in with their password. */
export async function signInWith(
  kit: Pick<TestStandIn, 'browser'>,
  identifier: string,
  password: string,
): Promise<ClerkBrowser> {
  const browser = kit.browser()
  const { status, body } = await browser.post('/v1/client/sign_ins', {
    ...{ identifier, password, strategy: 'password' },
  })
  if (status === 200 && browser.sessionId() !== null) return browser
  throw new Error(`${identifier} cannot sign in: ${status} ${JSON.stringify(body)}`)
}
