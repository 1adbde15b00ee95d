import type { Elsewhere, OriginTerms } from '../model/origin.ts'
import type { Limit } from '../model/terms.ts'
import type { Problem } from './problem.ts'

/** The name of the origin that every config has: of routes that another proxy leads to. */
export const elsewhereName = 'elsewhere'

/** An origin that is not Usher's to reach: routes that lead there are only asked about. */
export const elsewhere: Elsewhere & Omit<OriginTerms, 'name'> = {
  kind: 'elsewhere',
  // Nothing is sent there, so nothing waits for it.
  timeoutMs: 0,
  secret: undefined,
}

/** What of a route says how it is sent or answered; `null`, `false` or empty where it is not written. */
interface ElsewhereDraft {
  readonly origin: string | undefined
  readonly rewrite: object | null | undefined
  readonly requestHeaders: object | null | undefined
  readonly responseHeaders: object | null | undefined
  readonly cache: object | null | undefined
  readonly cors: object | null | undefined
  readonly maxBytes: number | null | undefined
  readonly idleTimeout: number | null | undefined
  readonly totalTimeout: number | null | undefined
  readonly passCredential: boolean | undefined
  readonly websocket: { readonly recheck: boolean | null } | null | undefined
  readonly limits: readonly Limit[] | undefined
  readonly place: string
}

interface ElsewhereContext {
  readonly origins: ReadonlyMap<string, { readonly kind: string } | undefined> | undefined
}

const sent = 'Usher does not send it'
/** Words that mean nothing where Usher sends no request, and why. */
const meaningless: readonly (readonly [word: keyof ElsewhereDraft, reason: string])[] = [
  ['rewrite', `${sent}: the proxy that does chooses the path.`],
  ['requestHeaders', `${sent}: set and remove headers in the proxy that does.`],
  [
    'responseHeaders',
    'Usher does not see the answer: set and remove headers in the proxy that does.',
  ],
  ['cache', 'Usher does not see the answer: keep it in the proxy that does.'],
  [
    'cors',
    'Usher does not see the answer: the origin, or the proxy before it, says what pages may do.',
  ],
  ['maxBytes', 'Usher does not see the body: bound it in the proxy that does.'],
  ['idleTimeout', 'Usher does not see the bodies: bound them in the proxy that does.'],
  ['totalTimeout', 'Usher does not see the bodies: bound them in the proxy that does.'],
  ['passCredential', `${sent}: whether the credential goes on is up to the proxy that does.`],
]

/** What says how a request is sent or answered, on a route whose requests are only asked about. */
export function elsewhereProblems(
  draft: ElsewhereDraft,
  { origins }: ElsewhereContext,
): readonly Problem[] {
  if (draft.origin === undefined || origins?.get(draft.origin)?.kind !== 'elsewhere') return []
  const { place, websocket, limits = [] } = draft
  const written = meaningless.filter(([word]) => draft[word])
  const problems: Problem[] = written.map(([word, reason]) => ({
    place: `${place}.${word}`,
    message: `${reason} Remove it here.`,
  }))
  if (websocket?.recheck) {
    const message = 'Usher does not hold the socket, so it cannot end it: remove it.'
    problems.push({ place: `${place}.websocket.recheck`, message })
  }
  const concurrent = limits.flatMap(({ kind }, index) => (kind === 'concurrent' ? [index] : []))
  const message = 'A check does not see when a request is over: limit requests in a time instead.'
  return [
    ...problems,
    ...concurrent.map((index) => ({ place: `${place}.limits[${index}].concurrent`, message })),
  ]
}
