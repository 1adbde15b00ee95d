import { makeSigningKeys } from './signing-keys.ts'
import { makeKey, mintSession, publicPem, testIssuer } from './tokens.ts'
import { type RunningWorker, startWorker } from './workerd.ts'

/** Session tokens of the people in these tests, good for an hour. */
export interface Credentials {
  /** Usher's administrator. */
  readonly ada: string
  /** Administrator of an organisation, and nobody in Usher. */
  readonly grace: string
}

/** Starts the whole gateway in workerd, before an origin on this machine. */
export async function startGateway(
  originUrl: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ worker: RunningWorker; tokens: Credentials; azp: string }> {
  const key = await makeKey('ins_wire')
  const azp = 'https://app.usher.test'
  const worker = await startWorker({
    entry: 'test/support/wire.worker.ts',
    variables: {
      ORIGIN_URL: originUrl,
      CLERK_JWT_KEY: await publicPem(key),
      CLERK_JWT_ISSUER: testIssuer,
      AUTHORIZED_PARTIES: azp,
      USHER_SIGNING_KEY: await makeSigningKeys(),
      ...variables,
    },
  })
  const nowSeconds = Math.floor(Date.now() / 1000)
  const exp = nowSeconds + 3600
  const o = { id: 'org_acme', slg: 'acme', rol: 'admin' }
  const tokens = {
    ada: await mintSession(key, nowSeconds, { exp }),
    grace: await mintSession(key, nowSeconds, { exp, o, sub: 'user_grace', sid: 'sess_grace' }),
  }
  return { worker, tokens, azp }
}
