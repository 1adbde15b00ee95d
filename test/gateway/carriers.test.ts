import { describe, expect, it } from 'vitest'
import { bearer, cookie, type Headers, key, openCarrierScene, socket } from './carrier-scene.ts'

// Where a credential is looked for, in which order, and what of it an origin ever sees.

const { ada, grace, outcome, arrival } = await openCarrierScene()

describe('a credential in a header that another route names as carrier', () => {
  const spellings = ['x-api-key', 'x_api_key', 'X-API.Key']
  const paths = ['/public/x', '/bearer/x']
  it.each(paths.flatMap((path) => spellings.map((name) => [path, name])))(
    'does not reach the origin of %s as %s',
    async (path, name) => {
      const { headers } = await arrival(path, { ...bearer(ada), [name]: 'ak_ada' })
      expect([...headers].flat()).not.toContain('ak_ada')
    },
  )

  it('is left alone where it is nobody’s credential of ours', async () => {
    const { headers } = await arrival('/public/x', { 'x-api-key': 'another-service' })
    expect(headers.get('x-api-key')).toBe('another-service')
  })

  it('takes no other header with it', async () => {
    const { headers } = await arrival('/bearer/x', { ...bearer(ada), cookie: 'a=1', bearer: 'b' })
    expect([headers.get('cookie'), headers.get('bearer')]).toEqual(['a=1', 'b'])
  })
})

describe('the first carrier in order that is there decides', () => {
  const cases: [law: string, path: string, headers: Headers, string][] = [
    ['a bearer token counts where it is named', '/bearer/x', bearer(ada), 'user_ada'],
    [
      'what nobody named is not looked at beside it',
      '/bearer/x',
      { ...bearer(ada), ...cookie(grace), ...key(grace) },
      'user_ada',
    ],
    ['a cookie that nobody named does not count', '/bearer/x', cookie(ada), '401 token-missing'],
    ['a header that nobody named does not count', '/bearer/x', key(ada), '401 token-missing'],
    [
      'a subprotocol that nobody named does not count',
      '/bearer/x',
      socket('usher', `bearer.${ada}`),
      '401 token-missing',
    ],
    ['a cookie counts where it is named', '/cookie/x', cookie(ada), 'user_ada'],
    [
      'a cookie counts beside a bearer token that nobody named',
      '/cookie/x',
      { ...bearer(grace), ...cookie(ada) },
      'user_ada',
    ],
    [
      'a bearer token that nobody named does not count',
      '/cookie/x',
      bearer(ada),
      '401 token-missing',
    ],
    [
      'a cookie that is named first goes first',
      '/cookie-first/x',
      { ...bearer(grace), ...cookie(ada) },
      'user_ada',
    ],
    ['the second counts where the first is not there', '/cookie-first/x', bearer(ada), 'user_ada'],
    [
      'a bad cookie is not made good by what comes second',
      '/cookie-first/x',
      { ...bearer(ada), ...cookie('x') },
      '401 token-invalid',
    ],
    [
      'a good cookie is not spoilt by what comes second',
      '/cookie-first/x',
      { ...cookie(ada), ...bearer('x') },
      'user_ada',
    ],
    [
      'cookies that say signed out are not there',
      '/cookie-first/x',
      { cookie: `__session=${grace}; __client_uat=0`, ...bearer(ada) },
      'user_ada',
    ],
    ['a header counts where it is named', '/key/x', key(ada), 'user_ada'],
    ['blanks around the value of a header do not count', '/key/x', key(`  ${ada}\t`), 'user_ada'],
    [
      'where a header alone is named nothing else counts',
      '/key/x',
      { ...bearer(ada), ...cookie(ada) },
      '401 token-missing',
    ],
    [
      'a header counts under its own spelling alone',
      '/key/x',
      { 'x-api_key': ada },
      '401 token-missing',
    ],
    [
      'a header does not widen what is accepted',
      '/key/x',
      key('ak_ada'),
      '401 token-type-mismatch',
    ],
    [
      'two tokens with a blank between are none',
      '/key/x',
      key(`${ada} ${ada}`),
      '401 token-invalid',
    ],
    ['a header that is there twice is none', '/key/x', key(`${ada},${ada}`), '401 token-ambiguous'],
    ["a header of one's own has no scheme", '/key/x', key(`Bearer ${ada}`), '401 token-invalid'],
    ['a header holds a good token', '/key/x', key('x'), '401 token-invalid'],
    ['a header for keys takes no session', '/machine/x', key(ada), '401 token-type-mismatch'],
    [
      'a header that is named first goes first',
      '/key-first/x',
      { ...key(ada), ...bearer(grace), ...cookie(grace) },
      'user_ada',
    ],
    [
      'a bad header is not made good by what comes second',
      '/key-first/x',
      { ...key('x'), ...bearer(ada) },
      '401 token-invalid',
    ],
    [
      'an empty header is not there',
      '/key-first/x',
      { ...key(' '), ...bearer(ada), ...cookie(grace) },
      'user_ada',
    ],
    [
      'a header that is named last comes last',
      '/key-last/x',
      { ...key(grace), ...bearer(ada) },
      'user_ada',
    ],
    [
      'another scheme than Bearer is not there',
      '/key-last/x',
      { ...key(ada), authorization: 'Basic YTpi' },
      'user_ada',
    ],
    [
      'Bearer without a token is a bad one',
      '/key-last/x',
      { ...key(ada), authorization: 'Bearer' },
      '401 token-invalid',
    ],
    ['an optional route lets nobody pass', '/key-maybe/x', {}, ''],
    [
      'an optional route takes what nobody named for nobody',
      '/key-maybe/x',
      { ...bearer(ada), ...cookie(ada) },
      '',
    ],
    ['an optional route refuses a bad one', '/key-maybe/x', key('x'), '401 token-invalid'],
    ['an optional route knows a good one', '/key-maybe/x', key(ada), 'user_ada'],
  ]
  it.each(cases)('%s (%s)', async (_, path, headers, expected) => {
    expect(await outcome(path, headers)).toBe(expected)
  })

  it('an API key counts in a header of its own, and nowhere else', async () => {
    expect(await outcome('/machine/x', key('ak_ada'))).toBe('user_ada')
    expect(await outcome('/machine/x', key('ak_nobody'))).toBe('401 token-unknown')
    expect(await outcome('/machine/x', bearer('ak_ada'))).toBe('401 token-missing')
  })
})

describe('a token in the query is never one', () => {
  const names = ['token', 'access_token', '__session', 'bearer', 'x-api-key', '__clerk_db_jwt']
  const paths = ['/bearer/x', '/cookie-first/x', '/key-first/x', '/socket/x']
  it.each(names)('not as ?%s=, whatever is named', async (name) => {
    for (const path of paths) {
      expect(await outcome(`${path}?${name}=${ada}`, {})).toBe('401 token-missing')
    }
    expect(await outcome(`/key-maybe/x?${name}=${ada}`, {})).toBe('')
  })
})

describe('the origin never sees', () => {
  it('the credential that counted, wherever it was', async () => {
    const cases: [string, Headers][] = [
      ['/bearer/x', bearer(ada)],
      ['/cookie/x', cookie(ada)],
      ['/key/x', key(ada)],
      ['/socket/x', socket('usher', `bearer.${ada}`, 'chat')],
    ]
    for (const [path, headers] of cases) {
      const { headers: arrived } = await arrival(path, { ...headers, 'x-mine': 'mine' })
      expect(arrived.get('x-usher-user-id')).toBe('user_ada')
      expect(arrived.get('x-mine')).toBe('mine')
      expect(JSON.stringify([...arrived])).not.toContain(ada)
    }
  })

  const spellings = [
    'X-Api-Key',
    'X_API_KEY',
    'x.api.key',
    'X-Api_Key',
    '-X-Api-Key-',
    'X--Api-Key',
  ]
  it.each(spellings)('a key in %s, whoever decided and if nobody came', async (name) => {
    const forged = { [name]: 'forged' }
    const passing: [string, Headers][] = [
      ['/key-last/x', { ...bearer(ada), ...forged }],
      ['/key-maybe/x', name === 'X-Api-Key' ? { 'x-api-key': '' } : forged],
      ['/key-shown/x', { ...bearer(ada), ...forged }],
    ]
    if (name !== 'X-Api-Key') passing.push(['/key-shown/x', { ...key(ada), ...forged }])
    for (const [path, headers] of passing) {
      const { headers: arrived } = await arrival(path, headers)
      expect(JSON.stringify([...arrived])).not.toContain('forged')
    }
  })

  it('but does where no carrier is in that header: there it is the client’s own', async () => {
    const { headers } = await arrival('/bearer/x', { ...bearer(ada), X_API_KEY: 'theirs' })
    expect(headers.get('x_api_key')).toBe('theirs')
  })

  it('a bearer token that was not looked at, if it is Clerk’s; another one is the origin’s', async () => {
    const theirs = await arrival('/key/x', { ...key(ada), ...bearer(grace) })
    expect(theirs.headers.has('authorization')).toBe(false)
    const own = await arrival('/key/x', { ...key(ada), ...bearer('of-the-origin') })
    expect(own.headers.get('authorization')).toBe('Bearer of-the-origin')
  })
})

describe('passCredential shows the credential that counted', () => {
  it('in its own header', async () => {
    const { headers } = await arrival('/key-shown/x', key(ada))
    expect(headers.get('x-api-key')).toBe(ada)
  })

  it('as a bearer token', async () => {
    const { headers } = await arrival('/key-shown/x', bearer(ada))
    expect(headers.get('authorization')).toBe(`Bearer ${ada}`)
  })
})
