import { describe, expect, it } from 'vitest'
import { callerHeader } from '../../src/model/checks.ts'
import { identityHeaders, isStripped, looseHeaderNames } from '../../src/model/headers.ts'
import { strippedNames } from './proxies/hostile.ts'
import { codeFor, placeholders, proxiesOfPage } from './proxies/page.ts'

// What `src/checks/README.md` has people copy names all that a client must not say.

const identity = [...Object.values(identityHeaders), ...Object.values(looseHeaderNames), 'X-Email']

const describing = [
  ...['X-Forwarded-Host', 'X-Forwarded-Method', 'X-Forwarded-Uri', 'X-Forwarded-Prefix'],
  ...['X-Forwarded-User', 'X-Original-Method', 'X-Original-URL', 'X-Original-URI', 'Forwarded'],
  ...['X-Rewrite-URL', 'X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override'],
  ...['X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP'],
  ...['X-Usher-Loop', 'X-Usher-Hops', 'X-Middleware-Subrequest', 'Proxy'],
  ...['X-Clerk-Auth-Status', 'X-Clerk-Auth-Reason', 'X-Clerk-Auth-Token'],
]

/** What these put over the client's by themselves; to remove it would take their own. */
const ownWords: Readonly<Record<string, readonly string[]>> = {
  'ingress-nginx': ['X-Forwarded-Host', 'X-Real-IP', 'Proxy'],
  Traefik: ['X-Forwarded-Host', 'X-Real-IP'],
}

/** Of proxies that copy the client's headers into the check, what makes Cloudflare's edge refuse one. */
const edgeNames: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ['nginx', 'Caddy', 'HAProxy', 'ingress-nginx', 'Traefik'].map((proxy) => [
    proxy,
    ['CF-Connecting-IP', 'CF-Connecting-IPv6', 'CF-Ray', 'CF-Visitor', 'CF-Worker', 'CDN-Loop'],
  ]),
)

/** Whether a name is written there: alone, or as one of those that Caddy and HAProxy remove by a pattern. */
function isWritten(name: string, code: string): boolean {
  const folded = name.toLowerCase()
  const patterns = [
    ...[...code.matchAll(/request_header -(\S+)$/gm)].map(([, glob = '']) => glob),
    ...[...code.matchAll(/del-header (\S+) -m sub$/gm)].map(([, part]) => `*${part}*`),
    ...[...code.matchAll(/del-header (\S+) -m beg$/gm)].map(([, part]) => `${part}*`),
  ].map(
    (glob) => new RegExp(`^${glob.toLowerCase().replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
  )
  const alone = new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'i')
  return alone.test(code) || patterns.some((pattern) => pattern.test(folded))
}

function missing(code: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => !isWritten(name, code))
}

describe.each(proxiesOfPage)('what the page has for %s', (proxy) => {
  const code = codeFor(proxy)

  it('names every header by which a client could say who it is, or ask for something else', () => {
    expect(code.length).toBeGreaterThan(500)
    const others = describing.filter((name) => !ownWords[proxy]?.includes(name))
    const names = [...identity, callerHeader, ...others, ...(edgeNames[proxy] ?? [])]
    expect(names.length).toBeGreaterThan(35)
    expect(missing(code, names)).toEqual([])
  })
})

describe.each(['nginx', 'Caddy', 'HAProxy'])('the file for %s', (proxy) => {
  /** nginx hands none of these on that it is not told to. */
  const byItself = proxy === 'nginx' ? ['TE', 'Keep-Alive'] : []

  it('drops all that Usher’s own proxy never hands on', () => {
    expect(strippedNames.filter((name) => !isStripped(name))).toEqual([])
    const names = strippedNames.filter((name) => !byItself.includes(name))
    expect(names.length).toBeGreaterThan(60)
    expect(missing(codeFor(proxy), names)).toEqual([])
  })
})

it('every word to replace in the files is in the table', () => {
  expect(placeholders).toHaveLength(13)
})
