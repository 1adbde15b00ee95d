import { beforeAll, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { everyoneHolds, gatewayUrl, type World } from '../support/world.ts'
import { type Observed, observe } from './observed.ts'

// Nothing that is written of a request could be used by who reads it. Secrets are sent everywhere where
// people put them, through every way that a request can end; then all that was written is searched.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/api/**', origin: 'api' },
  { path: '/reset/:token', origin: 'api' },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
  { path: '/owner/**', origin: 'api', access: { role: 'owner' } },
  { path: '/keys/**', origin: 'api', accepts: ['api_key', 'm2m_token'], carriers: ['x-key'] },
  { path: '/socket/**', origin: 'api', websocket: true, carriers: ['subprotocol', 'bearer'] },
  { path: '/exchanged/**', origin: 'api', exchange: 'billing' },
  { path: '/nowhere/**', origin: 'absent', access: 'public' },
  { path: '/small/**', origin: 'api', access: 'public', methods: ['POST'] },
]

/** What must not be found, by what it is. Every one is sent, or answered, by every request. */
const secrets = {
  query: 'Query-Secret-1',
  fragment: 'Fragment-Secret-1',
  path: 'Path-Secret-1',
  cookie: 'Cookie-Secret-1',
  basic: btoa('ada:Basic-Secret-1'),
  header: 'Header-Secret-1',
  agent: 'Agent-Secret-1',
  referer: 'Referer-Secret-1',
  body: 'Body-Secret-1',
  protocol: 'Protocol-Secret-1',
  address: '203.0.113.77',
  traceState: 'Trace-Secret-1',
  answerHeader: 'Answer-Secret-1',
  answerCookie: 'Answer-Cookie-Secret-1',
  answerBody: 'Answer-Body-Secret-1',
  message: 'Message-Secret-1',
  email: 'secret@usher.test',
  claim: 'Claim-Secret-1',
  junk: 'eyJhbGciOiJub25lIn0.Junk-Secret-1.x',
  apiKey: 'ak_ada',
  unknownKey: 'ak_Unknown-Secret-1',
  machineKey: 'mt_good',
  template: 'Template-Secret-1',
  userId: 'user_ada',
  sessionId: 'sess_ada',
  origin: 'origin.usher.test',
}

/** The credentials that requests carry; the header that carries each is part of it. */
type Carry = (token: string, expired: string) => Record<string, string>
const carriers: Readonly<Record<string, Carry>> = {
  nothing: () => ({}),
  bearer: (token) => ({ authorization: `Bearer ${token}` }),
  expired: (_, expired) => ({ authorization: `Bearer ${expired}` }),
  junk: () => ({ authorization: `Bearer ${secrets.junk}` }),
  basic: () => ({ authorization: `Basic ${secrets.basic}` }),
  cookie: (token) => ({ cookie: `__session=${token}; other=${secrets.cookie}` }),
  'expired cookie': (_, expired) => ({
    cookie: `__session=${expired}`,
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
  }),
  'two tokens': (token) => ({ authorization: `Bearer ${token}, Bearer ${secrets.junk}` }),
  subprotocol: (token) => ({
    upgrade: 'websocket',
    'sec-websocket-protocol': `usher, bearer.${token}, ${secrets.protocol}`,
  }),
  'API key': () => ({ 'x-key': secrets.apiKey }),
  'unknown key': () => ({ 'x-key': secrets.unknownKey }),
  'machine key': () => ({ 'x-key': secrets.machineKey }),
}

const paths = [
  ...routes.map(({ path }) => path.replace(/\*\*|:token/, secrets.path)),
  `/unrouted/${secrets.path}`,
  `/encoded%2f${secrets.path}`,
  `/public/#${secrets.fragment}`,
  `/_usher/me`,
  `/_usher/clerk-test`,
  `/_usher/verify`,
  `/_usher/token`,
  `/_usher/${secrets.path}`,
]

const query = `?token=${secrets.query}&key=${secrets.query}`

/** Whatever a client may say beside its credential. */
const usual = {
  'x-custom': secrets.header,
  'user-agent': secrets.agent,
  referer: `${gatewayUrl}/?token=${secrets.referer}`,
  'cf-connecting-ip': secrets.address,
  tracestate: `a=${secrets.traceState}`,
  traceparent: secrets.header,
  'x-usher-request-id': secrets.header,
  'x-forwarded-for': secrets.address,
  origin: 'https://app.usher.test',
}

let seen: Observed
let tokens: readonly string[]
let sent = 0
let everything: string

beforeAll(async () => {
  let state: 'well' | 'out' | 'faulty' = 'well'
  seen = await observe({
    config: {
      routes,
      origins: {
        api: { url: `https://${secrets.origin}` },
        absent: { url: 'https://absent.test' },
      },
      observation: { serverTiming: true },
      templates: ['billing'],
    },
    variables: everyCredential,
    facts: async ({ userId }) => {
      if (state === 'faulty') throw new Error(`${secrets.message}\n    at ${secrets.message}`)
      if (state === 'out') return refuse('facts-unavailable')
      return ok({ ...everyoneHolds(['admin']), email: `${userId}${secrets.email}` })
    },
  })
  const { world } = seen
  world.origin = answerOf
  world.backend.answer = backend()
  const claims = { email: secrets.email, custom: secrets.claim }
  const token = await world.token(claims)
  const expired = await world.token({ ...claims, exp: Math.floor(world.clock.now() / 1000) - 60 })
  tokens = [token, expired].flatMap((one) => [one, ...one.split('.')])
  for (state of ['well', 'out', 'faulty'] as const) await sendAll(world, token, expired)
  await world.behind()
  const written = [seen.lines, seen.errors, seen.points, await seen.statistics()]
  everything = JSON.stringify(written)
})

function answerOf(request: Request): Response {
  if (request.url.startsWith('https://absent.test')) throw new Error(secrets.message)
  return new Response(secrets.answerBody, {
    status: request.method === 'POST' ? 503 : 200,
    headers: {
      'x-answer': secrets.answerHeader,
      'set-cookie': `a=${secrets.answerCookie}`,
      'server-timing': `db;desc="${secrets.answerHeader}"`,
      location: `https://${secrets.origin}/?token=${secrets.answerHeader}`,
    },
  })
}

function backend(): World['backend']['answer'] {
  const verify = answerFrom(opaqueRecords)
  return (request) =>
    request.url.includes('/tokens/')
      ? Response.json({ object: 'token', jwt: secrets.template }, { status: 500 })
      : verify(request)
}

async function sendAll(world: World, token: string, expired: string): Promise<void> {
  for (const path of paths) {
    for (const carry of Object.values(carriers)) {
      for (const method of ['GET', 'POST', 'TRACE']) {
        const headers = { ...usual, ...carry(token, expired) }
        const body = method === 'POST' ? JSON.stringify({ token: secrets.body }) : null
        const url = `${gatewayUrl}${path}${query}`
        await world.walk(requestOf(url, { method, headers, body }))
        sent += 1
      }
    }
  }
}

/** Of the methods that a Request cannot be made with, the name is written over. */
function requestOf(url: string, init: RequestInit): Request {
  if (init.method !== 'TRACE') return new Request(url, init)
  return Object.defineProperty(new Request(url, { ...init, method: 'GET' }), 'method', {
    value: 'TRACE',
  })
}

/** The secrets that a text has. */
function foundIn(text: string): string[] {
  return [...Object.values(secrets), ...tokens].filter((secret) => text.includes(secret))
}

it('of a thousand requests full of secrets nothing written has one', () => {
  expect(foundIn(everything)).toEqual([])
  expect(sent).toBeGreaterThan(1000)
  expect(seen.lines.length + seen.errors.length).toBeGreaterThanOrEqual(sent)
  expect(seen.points.length).toBeGreaterThanOrEqual(sent)
})

it('these requests ended in every way', () => {
  const records = seen.world.records
  const reasons = new Set(records.map(({ reason }) => reason))
  const expected = [
    ...['token-missing', 'token-expired', 'token-invalid', 'token-ambiguous', 'token-unknown'],
    ...['token-type-mismatch', 'role-missing', 'method-not-allowed', 'route-unknown'],
    ...['target-has-encoded-separator', 'origin-unreachable', 'facts-unavailable'],
    ...['exchange-unavailable', 'upgrade-not-allowed', 'cross-site-request', 'internal-error'],
  ]
  expect(expected.filter((reason) => !reasons.has(reason as never))).toEqual([])
  const outcomes = new Set(records.map(({ outcome }) => outcome))
  expect([...outcomes].sort()).toEqual(['answered', 'passed', 'refused'])
  expect(new Set(records.map(({ status }) => status)).size).toBeGreaterThan(8)
  expect(records.some(({ subject }) => subject !== undefined)).toBe(true)
})

it('the search would find them: what stays in memory has some', () => {
  expect(foundIn(JSON.stringify(seen.world.records))).toEqual([secrets.path, secrets.userId])
})
