import { describe, expect, it } from 'vitest'
import { gatewayOf, problemsOf, variables, withRoutes } from './sample.ts'

const everything = {
  ...variables,
  AUTHORIZED_PARTIES: 'https://app.example.com',
  CLERK_SECRET_KEY: 'sk_test_x',
  CLERK_MACHINE_ID: 'mch_x',
}

type Route = Readonly<Record<string, unknown>>

/** `everything` without these variables. */
function without(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(everything).filter(([name]) => !names.includes(name)))
}

/** What is wrong with a route, each with the word it is about. */
function complaints(route: Route, env: Record<string, string> = everything): readonly string[] {
  return problemsOf(withRoutes(route), { env }).map(
    ({ place, message }) => `${place.replace('routes[0].', '')}: ${message}`,
  )
}

function compiled(route: Route, env: Record<string, string> = everything) {
  const { routes } = gatewayOf(withRoutes(route), { env }).rules
  expect(routes).toHaveLength(1)
  return routes[0]
}

describe('the words about credentials', () => {
  const problems: [string, Route, readonly string[], string[]?][] = [
    [
      'cookies without frontends',
      { carriers: ['cookie'] },
      ['carriers: Cookies need AUTHORIZED_PARTIES: set it to the origins of your frontends.'],
      ['AUTHORIZED_PARTIES'],
    ],
    [
      'cookies that hold none of what is accepted',
      { carriers: ['bearer', 'cookie'], accepts: ['api_key'] },
      ['carriers: A cookie holds a session token, which this route does not accept.'],
    ],
    [
      'azp of cookies where none is looked for',
      { carriers: ['bearer'], cookieAzp: 'missing-ok' },
      ['cookieAzp: No cookie is accepted here: remove it.'],
    ],
    [
      'azp of cookies without frontends',
      { cookieAzp: 'strict' },
      ['cookieAzp: No cookie is accepted here: remove it.'],
      ['AUTHORIZED_PARTIES'],
    ],
    [
      'azp of cookies where no session is accepted',
      { accepts: ['api_key'], cookieAzp: 'missing-ok' },
      ['cookieAzp: No cookie is accepted here: remove it.'],
    ],
    [
      'a subprotocol without WebSockets',
      { carriers: ['subprotocol'] },
      ['carriers: Only WebSockets have a subprotocol: say websocket: true, or remove it.'],
    ],
    [
      'machines that nobody can tell from others',
      { accepts: ['m2m_token'] },
      ['accepts: A token of a machine must name this one: set CLERK_MACHINE_ID to its id, mch_….'],
      ['CLERK_MACHINE_ID'],
    ],
    [
      'keys that nobody can verify',
      { accepts: ['api_key'] },
      ['accepts: Clerk alone knows what an API key is worth: set CLERK_SECRET_KEY.'],
      ['CLERK_SECRET_KEY'],
    ],
    [
      'an exchange that nobody makes',
      { exchange: 'billing' },
      ['exchange: Clerk makes the token: set CLERK_SECRET_KEY.'],
      ['CLERK_SECRET_KEY'],
    ],
    [
      'an exchange of what is no session',
      { exchange: 'billing', accepts: ['session_token', 'oauth_token'] },
      ['exchange: Only sessions can be exchanged: accept nothing but session_token.'],
    ],
    [
      'an exchange of what is shown',
      { exchange: 'billing', passCredential: true },
      ['exchange: Replaces the credential that passCredential shows: remove one of the two.'],
    ],
    [
      'an exchange that is wrong in every way',
      { exchange: 'billing', passCredential: true, accepts: ['oauth_token'] },
      [
        'exchange: Clerk makes the token: set CLERK_SECRET_KEY.',
        'exchange: Only sessions can be exchanged: accept nothing but session_token.',
        'exchange: Replaces the credential that passCredential shows: remove one of the two.',
      ],
      ['CLERK_SECRET_KEY'],
    ],
    [
      'a kind twice',
      { accepts: ['session_token', 'session_token'] },
      ['accepts: Names something twice.'],
    ],
    [
      'a carrier twice',
      { carriers: ['x-key', 'bearer', 'x-key'] },
      ['carriers: Names something twice.'],
    ],
    ['no kind', { accepts: [] }, ['accepts: Must not be empty: give one or leave it out.']],
    ['no carrier', { carriers: [] }, ['carriers: Must not be empty: give one or leave it out.']],
  ]
  it.each(problems)('have one problem each: %s', (_, route, expected, unset = []) => {
    expect(complaints(route, without(...unset))).toEqual(expected)
  })

  const sayings: Route = {
    accepts: ['api_key'],
    carriers: ['cookie', 'subprotocol'],
    cookieAzp: 'missing-ok',
    exchange: 'billing',
  }
  it('say nothing on a public route, whatever else is wrong with them', () => {
    for (const [name, value] of Object.entries(sayings)) {
      expect(complaints({ access: 'public', [name]: value }, variables)).toEqual([
        `${name}: A public route looks at no credential: remove it.`,
      ])
    }
    const all = complaints({ access: 'public', ...sayings }, variables)
    expect(all.map((one) => one.split(':')[0])).toEqual(Object.keys(sayings))
  })

  it('that cannot be read are told once, on a public route too', () => {
    const unreadable = { accepts: 'api_key', carriers: 'bearer', cookieAzp: 'lax', exchange: '' }
    for (const access of ['public', 'signed-in']) {
      const all = complaints({ access, ...unreadable }, variables)
      expect(all.map((one) => one.split(':')[0])).toEqual(Object.keys(unreadable))
    }
  })

  const allowed: [string, Route, string[]?][] = [
    ['nothing', {}, ['AUTHORIZED_PARTIES', 'CLERK_SECRET_KEY', 'CLERK_MACHINE_ID']],
    [
      'every kind',
      { accepts: ['session_token', 'jwt_template', 'oauth_token', 'm2m_token', 'api_key'] },
    ],
    ['OAuth without a secret', { accepts: ['oauth_token'] }, ['CLERK_SECRET_KEY']],
    ['templates without anything', { accepts: ['jwt_template'] }, Object.keys(everything).slice(3)],
    [
      'every carrier',
      { carriers: ['x-api-key', 'subprotocol', 'cookie', 'bearer'], websocket: true },
    ],
    ['a header for machines', { carriers: ['x-api-key'], accepts: ['api_key', 'm2m_token'] }],
    [
      'cookies for sessions among others',
      { carriers: ['cookie'], accepts: ['session_token', 'api_key'] },
    ],
    ['azp for the usual cookies', { cookieAzp: 'missing-ok' }],
    ['azp for named cookies', { cookieAzp: 'strict', carriers: ['cookie'] }],
    ['an exchange', { exchange: 'billing' }],
    ['an exchange for nobody in particular', { exchange: 'Billing_2-x', access: 'optional' }],
    ['the credential in another header', { carriers: ['x-api-key'], passCredential: true }],
  ]
  it.each(allowed)('may say %s', (_, route, unset = []) => {
    expect(complaints(route, without(...unset))).toEqual([])
  })
})

describe('the name of a carrier', () => {
  it.each([
    'Bearer',
    'authorization',
    'X-Api-Key',
    'x-api_key',
    'x-',
    'x--key',
    'x-key-',
    'x-key ',
    'query',
    `x-${'k'.repeat(63)}`,
  ])('%j is none', (carrier) => {
    expect(complaints({ carriers: [carrier] })).toEqual([
      'carriers[0]: Must be "bearer", "cookie", "subprotocol" or a header in lower case that begins with "x-", such as "x-api-key".',
    ])
  })

  it.each(['x-usher', 'x-usher-token', 'x-forwarded-user', 'x-real-ip', 'x-clerk-token'])(
    '%j is not one that clients can fill',
    (carrier) => {
      expect(complaints({ carriers: [carrier] })).toEqual([
        'carriers[0]: No credential can be in this header: what says it is Usher or the edge.',
      ])
    },
  )
})

it.each(['', 'a b', 'a/b', '../x', 'ü', 'a'.repeat(65)])(
  '%j names no template: it would become part of an address',
  (exchange) => {
    const [problem, ...others] = complaints({ exchange })
    expect(problem).toMatch(/^exchange: /)
    expect(others).toEqual([])
  },
)

describe('a route that does not say', () => {
  it('accepts sessions as bearer tokens, and in cookies once frontends are named', () => {
    const unnamed = { accepts: ['session_token'], carriers: ['bearer'], cookieAzp: 'strict' }
    expect(compiled({}, without('AUTHORIZED_PARTIES'))).toMatchObject(unnamed)
    expect(compiled({})).toMatchObject({ ...unnamed, carriers: ['bearer', 'cookie'] })
    expect(compiled({})?.exchange).toBeUndefined()
  })

  it('looks into no cookie for what none holds', () => {
    expect(compiled({ accepts: ['api_key'] })?.carriers).toEqual(['bearer'])
    expect(compiled({ accepts: ['api_key', 'session_token'] })?.carriers).toEqual([
      'bearer',
      'cookie',
    ])
  })

  it('keeps what is said as it is said, in its order', () => {
    const said = {
      accepts: ['api_key', 'session_token'],
      carriers: ['x-api-key', 'cookie', 'bearer'],
      cookieAzp: 'missing-ok',
    }
    expect(compiled(said)).toMatchObject(said)
    expect(compiled({ exchange: 'billing' })?.exchange).toBe('billing')
  })
})

describe("Usher's own surfaces", () => {
  const surfacesOf = (...routes: readonly Route[]) =>
    gatewayOf(withRoutes(...routes), { env: everything }).rules.surfaces

  it('accept what some route accepts, where it may be, and never less of a cookie', () => {
    const surfaces = surfacesOf(
      { path: '/a', accepts: ['api_key'], carriers: ['x-api-key', 'bearer'] },
      { path: '/b', accepts: ['m2m_token', 'api_key'] },
      { path: '/c', cookieAzp: 'missing-ok', carriers: ['cookie'] },
      { path: '/d', carriers: ['subprotocol', 'x-token'], websocket: true, revocable: true },
    )
    expect(surfaces).toEqual({
      accepts: ['session_token', 'api_key', 'm2m_token'],
      carriers: ['bearer', 'cookie', 'x-api-key', 'x-token'],
      cookieAzp: 'strict',
      revocation: 'token',
    })
  })

  it('accept sessions where no route says more', () => {
    expect(surfacesOf({ path: '/a' }).accepts).toEqual(['session_token'])
  })
})
