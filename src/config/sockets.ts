import type { Access } from '../model/condition.ts'
import type { SocketTerms } from '../model/terms.ts'
import { type CredentialDraft, type IsSet, usualCarriers } from './credentials.ts'
import { parsePage } from './page.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { built, flag, listOf, object, optional, parsed, type Shape } from './shape.ts'

/** WebSockets of a route: whether they pass, and how they are kept. */
export interface SocketConfig {
  /**
   * Whether a socket ends with its caller: with the session, with a ban, or with the end of a credential
   * that has no session. It does when not given, save on public routes, which know nobody. Without it sockets
   * are handed over, which is cheaper.
   */
  readonly recheck?: boolean
  /** Exact origins of pages whose cookies may open a socket, beside the gateway's own. */
  readonly origins?: readonly string[]
}

const fields = (relaxations: Relaxations) => ({
  recheck: optional(flag, null),
  origins: optional(listOf(parsed((source) => parsePage(source, relaxations))), []),
})

/** What was read of `websocket`; `recheck` is `null` where it is not written. */
interface WrittenSocket extends Omit<SocketTerms, 'recheck'> {
  readonly recheck: boolean | null
}

/** The shape of `websocket`: `true`, `false` or `{ recheck, origins }`; `null` is no WebSocket. */
export function socketShape(relaxations: Relaxations): Shape<WrittenSocket | null> {
  const terms = built(object(fields(relaxations)), (draft): WrittenSocket => draft)
  return function readSocket(value, place) {
    if (value === undefined || value === false) return { value: null, problems: [] }
    return value === true ? terms({}, place) : terms(value, place)
  }
}

/**
 * What of {@link socketShape} holds on a route: a public one knows nobody with whom a socket could end, and in
 * shadow nobody's does.
 */
export function socketTermsOf(
  websocket: WrittenSocket | null,
  { access, mode }: { readonly access: Access; readonly mode: 'shadow' | 'enforced' },
): SocketTerms | undefined {
  if (websocket === null) return undefined
  if (mode === 'shadow') return { ...websocket, recheck: false }
  return { ...websocket, recheck: websocket.recheck ?? access.kind !== 'public' }
}

/** What of a route decides whether a WebSocket can be opened at all, and by what. */
interface SocketDraft extends CredentialDraft {
  readonly websocket: WrittenSocket | null | undefined
  readonly methods: readonly string[] | 'every' | undefined
}

type Rule = (draft: SocketDraft, isSet: IsSet) => readonly Problem[]

/** What is wrong between `websocket` and the other words of a route. */
export const socketRules: readonly Rule[] = [
  function socketsOpenWithGet({ methods, websocket, place }) {
    if (!websocket || methods === undefined || methods === 'every') return []
    if (methods.includes('GET')) return []
    const message = "A WebSocket opens with GET: add it to methods, or remove 'websocket'."
    return [{ place: `${place}.websocket`, message }]
  },

  function somebodyIsLookedAt({ access, websocket, place }) {
    if (access?.kind !== 'public' || !websocket?.recheck) return []
    const message = 'A public route knows nobody with whom a socket could end: remove it.'
    return [{ place: `${place}.websocket.recheck`, message }]
  },

  function pagesAreAboutCookies({ access, accepts, carriers, websocket, place }, isSet) {
    if (!websocket || websocket.origins.length === 0) return []
    if (access === undefined || accepts === undefined || carriers === undefined) return []
    const inUse = carriers === 'usual' ? usualCarriers(accepts, isSet) : carriers
    if (access.kind !== 'public' && inUse.includes('cookie')) return []
    return [
      { place: `${place}.websocket.origins`, message: 'No cookie is accepted here: remove it.' },
    ]
  },
]
