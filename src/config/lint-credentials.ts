import type { TokenType } from '../model/principal.ts'
import type { Route } from '../model/route.ts'
import { conditionsWithin } from './access.ts'
import type { ClerkSettings } from './environment.ts'
import type { Problem } from './problem.ts'

type Lint = (route: Route, clerk: ClerkSettings) => string | undefined

/** What is legal but risky, or refused without need, in the credentials that a route accepts. */
export function lintCredentials(
  route: Route,
  clerk: ClerkSettings,
  place: string,
): readonly Problem[] {
  if (route.access.kind === 'public') return []
  const messages = lints.flatMap((find) => find(route, clerk) ?? [])
  return messages.map((message) => ({ place: `${place}.accepts`, message }))
}

/** Tokens that are made for one service of several, which says so in `aud`. */
const madeForOthers: readonly TokenType[] = ['jwt_template', 'oauth_token']

const lints: readonly Lint[] = [
  function opaqueTokensCanBeVerified({ accepts }, { secretKey, machineSecretKey }) {
    const ofMachines = accepts.includes('m2m_token') && !secretKey && !machineSecretKey
    const ofClients = accepts.includes('oauth_token') && !secretKey
    if (!ofMachines && !ofClients) return undefined
    const prefix = ofMachines ? (ofClients ? 'mt_ and oat_' : 'mt_') : 'oat_'
    const key = ofClients ? 'CLERK_SECRET_KEY' : 'CLERK_SECRET_KEY or CLERK_MACHINE_SECRET_KEY'
    return `Opaque ones, ${prefix}…, are refused, for Clerk alone can verify them: set ${key}.`
  },

  function tokenIsMeantForThisService({ accepts, access }, { audiences }) {
    if (audiences.length > 0 || !accepts.some((type) => madeForOthers.includes(type)))
      return undefined
    const isAsked =
      access.kind === 'signed-in' &&
      conditionsWithin(access.condition).some((one) => one.kind === 'claim' && one.claim === 'aud')
    if (isAsked) return undefined
    return 'Takes tokens that were made for any other service: set CLERK_JWT_AUDIENCE, or ask for aud in claims.'
  },
]
