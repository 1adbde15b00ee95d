import type { Access } from '../model/condition.ts'
import { isStripped } from '../model/headers.ts'
import { type Carrier, sessionsAlone, type TokenType, tokenTypes } from '../model/principal.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Admission } from '../model/route.ts'
import type { Problem } from './problem.ts'
import { type Draft, listOf, optional, parsed, type Shape, word } from './shape.ts'

/** The words of a route that say which credentials count, and where they are looked for. */
export const credentialFields = {
  accepts: optional(unique(listOf(word(tokenTypes))), sessionsAlone),
  carriers: optional(unique(listOf(parsed(parseCarrier))), 'usual' as const),
  cookieAzp: optional(word(['strict', 'missing-ok']), 'not-said' as const),
  exchange: optional(parsed(parseTemplate), null),
}

/** What was read of {@link credentialFields}, and of who may pass. */
export type CredentialDraft = Draft<typeof credentialFields> & {
  readonly access: Access | undefined
  readonly websocket: object | null | undefined
  readonly passCredential: boolean | undefined
  readonly place: string
}

/** Whether a variable of the environment is set. */
export type IsSet = (name: string) => boolean

/** Where the credential of a route is looked for when it does not say so: cookies hold sessions alone. */
export function usualCarriers(accepts: readonly TokenType[], isSet: IsSet): readonly Carrier[] {
  const takesCookies = isSet('AUTHORIZED_PARTIES') && accepts.includes('session_token')
  return takesCookies ? ['bearer', 'cookie'] : ['bearer']
}

/** The headers of these that can carry a credential. */
export function carrierNamesOf(
  admissions: readonly Pick<Admission, 'carriers'>[],
): readonly Carrier[] {
  const named = admissions.flatMap((one) => one.carriers).filter((one) => one.startsWith('x-'))
  return [...new Set(named)]
}

/** How callers of Usher's own surfaces are looked at: by every kind of credential that some route accepts. */
export function surfaceAdmission(
  admissions: readonly Pick<Admission, 'accepts' | 'carriers'>[],
  isSet: IsSet,
): Omit<Admission, 'access'> {
  const accepts = [...new Set([...sessionsAlone, ...admissions.flatMap((one) => one.accepts)])]
  const carriers = [...usualCarriers(accepts, isSet), ...carrierNamesOf(admissions)]
  return { accepts, carriers, cookieAzp: 'strict', revocation: 'token' }
}

/** A template is named as the Clerk dashboard lets one name it; it becomes part of an address. */
export function parseTemplate(name: string): Result<string, string> {
  if (/^[\w-]{1,64}$/.test(name)) return ok(name)
  return err('Must be the name of a JWT template: letters, digits, "-" and "_".')
}

function parseCarrier(source: string): Result<Carrier, string> {
  if (source === 'bearer' || source === 'cookie' || source === 'subprotocol') return ok(source)
  if (!isOwnHeader(source)) {
    return err(
      'Must be "bearer", "cookie", "subprotocol" or a header in lower case that begins with "x-", such as "x-api-key".',
    )
  }
  if (!isStripped(source)) return ok(source)
  return err('No credential can be in this header: what says it is Usher or the edge.')
}

function isOwnHeader(name: string): name is `x-${string}` {
  return /^x-[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) && name.length <= 64
}

function unique<T>(list: Shape<readonly T[]>): Shape<readonly T[]> {
  return function readUnique(value, place) {
    const { value: items, problems } = list(value, place)
    if (items === undefined || new Set(items).size === items.length)
      return { value: items, problems }
    return {
      value: undefined,
      problems: [...problems, { place, message: 'Names something twice.' }],
    }
  }
}

type Rule = (draft: CredentialDraft, isSet: IsSet) => readonly Problem[]

function publicRouteAsksForNothing(draft: CredentialDraft): readonly Problem[] {
  if (draft.access?.kind !== 'public') return []
  const unsaid = {
    accepts: sessionsAlone,
    carriers: 'usual',
    cookieAzp: 'not-said',
    exchange: null,
  }
  return Object.entries(unsaid).flatMap(([name, silence]) => {
    const said = draft[name as keyof typeof unsaid]
    if (said === undefined || said === silence) return []
    const message = 'A public route looks at no credential: remove it.'
    return [{ place: `${draft.place}.${name}`, message }]
  })
}

/** What is wrong between the words of a route that looks at credentials, and the environment. */
const rules: readonly Rule[] = [
  function cookiesNeedParties({ carriers, place }, isSet) {
    if (!carriers?.includes('cookie') || isSet('AUTHORIZED_PARTIES')) return []
    const message = 'Cookies need AUTHORIZED_PARTIES: set it to the origins of your frontends.'
    return [{ place: `${place}.carriers`, message }]
  },

  function cookiesHoldSessions({ accepts, carriers, place }) {
    if (carriers === 'usual' || !carriers?.includes('cookie')) return []
    if (accepts?.includes('session_token') !== false) return []
    const message = 'A cookie holds a session token, which this route does not accept.'
    return [{ place: `${place}.carriers`, message }]
  },

  function cookieAzpIsAboutCookies({ accepts, carriers, cookieAzp, place }, isSet) {
    if (cookieAzp === undefined || cookieAzp === 'not-said') return []
    if (accepts === undefined || carriers === undefined) return []
    const inUse = carriers === 'usual' ? usualCarriers(accepts, isSet) : carriers
    if (inUse.includes('cookie')) return []
    return [{ place: `${place}.cookieAzp`, message: 'No cookie is accepted here: remove it.' }]
  },

  function subprotocolsBelongToWebSockets({ carriers, websocket, place }) {
    if (!carriers?.includes('subprotocol') || websocket !== null) return []
    const message = 'Only WebSockets have a subprotocol: say websocket: true, or remove it.'
    return [{ place: `${place}.carriers`, message }]
  },

  function machinesAreMeantForUs({ accepts, place }, isSet) {
    if (!accepts?.includes('m2m_token') || isSet('CLERK_MACHINE_ID')) return []
    const message =
      'A token of a machine must name this one: set CLERK_MACHINE_ID to its id, mch_….'
    return [{ place: `${place}.accepts`, message }]
  },

  function keysCanBeVerified({ accepts, place }, isSet) {
    if (!accepts?.includes('api_key') || isSet('CLERK_SECRET_KEY')) return []
    const message = 'Clerk alone knows what an API key is worth: set CLERK_SECRET_KEY.'
    return [{ place: `${place}.accepts`, message }]
  },

  function exchangeIsPossible({ accepts, exchange, passCredential, place }, isSet) {
    if (exchange === null || exchange === undefined) return []
    const where = `${place}.exchange`
    const problems: Problem[] = []
    if (!isSet('CLERK_SECRET_KEY')) {
      problems.push({ place: where, message: 'Clerk makes the token: set CLERK_SECRET_KEY.' })
    }
    if (accepts?.some((type) => type !== 'session_token')) {
      const message = 'Only sessions can be exchanged: accept nothing but session_token.'
      problems.push({ place: where, message })
    }
    if (passCredential) {
      const message = 'Replaces the credential that passCredential shows: remove one of the two.'
      problems.push({ place: where, message })
    }
    return problems
  },
]

/** What is wrong between the words of one route, and between them and the environment. */
export const credentialRules: readonly Rule[] = [
  publicRouteAsksForNothing,
  ...rules.map(
    (rule): Rule =>
      (draft, isSet) =>
        draft.access?.kind === 'public' ? [] : rule(draft, isSet),
  ),
]
