import { describe, expect, it } from 'vitest'
import { gatewayOf, local, problemsOf, variables, withRoutes } from './sample.ts'

const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
type Route = Readonly<Record<string, unknown>>

function complaints(route: Route): readonly string[] {
  return problemsOf(withRoutes(route), { env }).map(
    ({ place, message }) => `${place.replace('routes[0].', '')}: ${message}`,
  )
}

function termsOf(websocket: unknown) {
  return gatewayOf(withRoutes({ websocket }), { env }).rules.routes[0]?.websocket
}

describe('the word for WebSockets', () => {
  const page = 'https://app.example.com'
  const terms: [unknown, unknown][] = [
    [undefined, undefined],
    [false, undefined],
    [true, { recheck: true, origins: [] }],
    [{}, { recheck: true, origins: [] }],
    [{ recheck: false }, { recheck: false, origins: [] }],
    ...[page, 'http://localhost:3000', 'chrome-extension://abcdef'].map(
      (origin): [unknown, unknown] => [{ origins: [origin] }, { recheck: true, origins: [origin] }],
    ),
  ]
  it.each([true, {}, { recheck: false }])('%j looks at nobody on a public route', (websocket) => {
    const { routes } = gatewayOf(withRoutes({ websocket, access: 'public' }), { env }).rules
    expect(routes[0]?.websocket).toEqual({ recheck: false, origins: [] })
  })

  it.each(terms)('%j means %j', (websocket, expected) => {
    const route = websocket === undefined ? {} : { websocket }
    const { routes } = gatewayOf(withRoutes(route), { env }).rules
    expect(routes[0]?.websocket).toEqual(expected)
  })

  const unreadable: [unknown, string][] = [
    ['yes', 'websocket: Must be an object, not a text.'],
    [null, 'websocket: Must be an object, not null.'],
    [{ recheck: 'often' }, 'websocket.recheck: Must be true or false, not a text.'],
    [{ origin: page }, 'websocket.origin: There is no such key here. Did you mean "origins"?'],
    [{ origins: page }, 'websocket.origins: Must be a list, not a text.'],
    [{ origins: [] }, 'websocket.origins: Must not be empty: give one or leave it out.'],
  ]
  it.each(unreadable)('%j is a problem', (websocket, expected) => {
    expect(complaints({ websocket })).toEqual([expected])
  })

  const noPages = [
    '*',
    'null',
    'app.example.com',
    '//app.example.com',
    'https://*.example.com',
    'https://app.example.com/',
    'https://app.example.com/page',
    'https://app.example.com?x',
    'https://ada@app.example.com',
    'wss://app.example.com',
    'http://app.example.com',
    'https://APP.example.com',
    'https://app.example.com:443',
  ]
  it.each(noPages)(
    'a page’s origin is never %j: it is compared as a browser writes it',
    (source) => {
      expect(complaints({ websocket: { origins: [source] } })).toEqual([
        expect.stringMatching(/^websocket\.origins\[0\]: Must /),
      ])
    },
  )

  it('may name any page without TLS where a developer tries it', () => {
    const websocket = { origins: ['http://app.example.com'] }
    const route = { websocket, carriers: ['cookie'] }
    const { routes } = gatewayOf(withRoutes(route), { env, relaxations: local }).rules
    expect(routes[0]?.websocket?.origins).toEqual(['http://app.example.com'])
  })

  const contradictions: [string, Route, string][] = [
    [
      'no GET',
      { websocket: true, methods: ['POST', 'HEAD'] },
      "websocket: A WebSocket opens with GET: add it to methods, or remove 'websocket'.",
    ],
    [
      'pages where no cookie is looked for',
      { websocket: { origins: [page] }, carriers: ['subprotocol'] },
      'websocket.origins: No cookie is accepted here: remove it.',
    ],
    [
      'pages where no cookie can count',
      { websocket: { origins: [page] }, accepts: ['jwt_template'] },
      'websocket.origins: No cookie is accepted here: remove it.',
    ],
    [
      'a look at nobody',
      { websocket: { recheck: true }, access: 'public' },
      'websocket.recheck: A public route knows nobody with whom a socket could end: remove it.',
    ],
    [
      'pages where nobody is asked',
      { websocket: { origins: [page] }, access: 'public' },
      'websocket.origins: No cookie is accepted here: remove it.',
    ],
  ]
  it.each(contradictions)('is at odds with %s', (_, route, expected) => {
    expect(complaints(route)).toEqual([expected])
  })

  it('goes with GET among the methods', () => {
    expect(complaints({ websocket: true, methods: ['GET', 'POST'] })).toEqual([])
    expect(termsOf(true)).toBeDefined()
  })

  const risks: [Route, boolean][] = [
    [{ websocket: { recheck: false }, revocable: true }, true],
    [{ websocket: { recheck: false }, fresh: true }, true],
    [{ websocket: { recheck: false } }, false],
    [{ websocket: true, fresh: true }, false],
    [{ fresh: true }, false],
  ]
  it.each(risks)('%j is risky: %s', (route, isRisky) => {
    const { warnings } = gatewayOf(withRoutes(route), { env })
    const places = warnings.map(({ place }) => place)
    expect(places.includes('routes[0].websocket.recheck')).toBe(isRisky)
  })
})
