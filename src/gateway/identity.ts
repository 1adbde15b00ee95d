import type { Question } from '../model/asking.ts'
import { identityHeaders, looseHeaderNames } from '../model/headers.ts'
import type { LooseHeader, Route, Rules } from '../model/route.ts'
import { isSafe } from '../model/safe-methods.ts'
import type { HeaderLine } from '../model/terms.ts'
import type { Assert } from './assertion.ts'
import type { Caller } from './authenticate.ts'
import type { HandOff } from './hand-off.ts'
import { toldOf } from './telling.ts'

/** What it takes to tell who is calling. */
export interface Identifier {
  readonly assert: Assert
  /** `undefined` where no header is mapped. */
  readonly handOff: HandOff | undefined
  readonly rules: Pick<Rules, 'identity' | 'identityHeaders' | 'tellsEmail'>
}

/** A request that may pass: who asks, and where it leads. */
export interface Passing {
  readonly question: Question
  readonly route: Route
  readonly caller: Caller
}

/**
 * Who is calling, as an origin is told it: every header of identity always, an absent value empty. No header of
 * the client's may stand beside one of them under any other spelling.
 */
export function identityOf(
  passing: Passing,
  { assert, handOff, rules }: Identifier,
): readonly HeaderLine[] | Promise<readonly HeaderLine[]> {
  const { caller } = passing
  const lines: HeaderLine[] = rules.identity === 'headers' ? plainIdentityOf(caller) : []
  for (const name of rules.identityHeaders) {
    lines.push([looseHeaderNames[name], looseValue(name, caller)])
  }
  if (handOff !== undefined) lines.push(...handOff.tell(caller))
  const assertion = assertionFor(passing, { assert, rules })
  const withAssertion = (text: string) => {
    lines.push([identityHeaders.assertion, text])
    return lines
  }
  return typeof assertion === 'string' ? withAssertion(assertion) : assertion.then(withAssertion)
}

/** By itself an assertion lasts for the session, and is bound to its one request where that may change things. */
function assertionFor(
  { question: { method, target, moment }, route, caller }: Passing,
  { assert, rules }: Pick<Identifier, 'assert' | 'rules'>,
): string | Promise<string> {
  const { principal, holdings, facts } = caller
  const mode = route.assertion ?? (isSafe(method) ? 'session' : 'request')
  if (principal.kind === 'anonymous' || mode === 'off') return ''
  const bound = mode === 'request' ? { method, host: target.host, path: target.path } : undefined
  const email = rules.tellsEmail ? facts?.email : undefined
  const assertable = { principal, holdings, email, audience: route.origin.name, request: bound }
  return assert(assertable, moment)
}

function plainIdentityOf({ principal }: Caller): HeaderLine[] {
  const identified = principal.kind === 'anonymous' ? undefined : principal
  return [
    [identityHeaders.authenticated, identified ? '1' : '0'],
    [identityHeaders.userId, principal.kind === 'user' ? principal.userId : ''],
    [identityHeaders.organizationId, identified?.organization?.id ?? ''],
  ]
}

function looseValue(name: LooseHeader, caller: Caller): string {
  const told = toldOf(name, caller)
  return plain(typeof told === 'object' ? told.join(name === 'scopes' ? ' ' : ',') : told)
}

/** What is not printable ASCII would be read differently by every origin: it is percent-encoded. */
function plain(value = ''): string {
  return value.toWellFormed().replaceAll(/[^ -~]/gu, encodeURIComponent)
}
