import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, type RawMessage, sendRaw, status } from '../support/raw.ts'

// What an origin receives of a client's headers, line by line as they are on the wire.

let scene: Scene
let token: string

beforeAll(async () => {
  scene = await openScene()
  token = bearer(await scene.gateway.token())
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** What arrives at the origin of a GET with these header lines. */
async function arrival(target: string, headerLines: readonly string[]): Promise<RawMessage> {
  scene.origin.requests.length = 0
  expect(status(await scene.gateway.get(target, headerLines))).toBe(200)
  return scene.arrived()
}

const names = (message: RawMessage) =>
  message.headerLines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase())

const identityNames = [
  'x-usher-assertion',
  'x-usher-authenticated',
  'x-usher-org-id',
  'x-usher-request-id',
  'x-usher-user-id',
]

describe('an identity that the client wrote', () => {
  const aliases = [
    'X-Usher-User-Id',
    'x-usher-user-id',
    'X_Usher_User_Id',
    'X.Usher.User.Id',
    'X-Usher--User-Id',
    'X!Usher`User~Id',
    "X'Usher^User|Id",
    '-X-Usher-User-Id-',
    'X_USHER-user.ID',
    'X-Usher-Authenticated',
    'X_Usher_Authenticated',
    'X-Usher-Org-Id',
    'X.Usher.Org_Id',
    'X-Usher-Assertion',
    'X_Usher_Assertion',
    'X-Usher-Request-Id',
    'X_Usher_Request_Id',
    'X-Usher-Roles',
    'X_Usher_Loop',
    'X-Usher',
  ]
  it.each(aliases)('as %s arrives nowhere', async (name) => {
    for (const [target, lines] of [
      ['/public/x', []],
      ['/optional/x', []],
      ['/api/x', [token]],
    ] as const) {
      const message = await arrival(target, [...lines, `${name}: forged`, `${name}: forged too`])
      expect(message.headerLines.join('\n')).not.toContain('forged')
      const own = names(message).filter((one) => /x[^a-z]+usher/.test(one))
      // The hops are counted of what says that it came through another Usher.
      expect(own.filter((one) => one !== 'x-usher-hops')).toEqual(identityNames)
    }
  })
})

describe('each identity header arrives exactly once', () => {
  const arrived = async (target: string, lines: readonly string[]) => {
    const message = await arrival(target, lines)
    return Object.fromEntries(identityNames.map((name) => [name, headerValues(message, name)]))
  }
  const empty = { 'x-usher-org-id': [''], 'x-usher-user-id': [''], 'x-usher-assertion': [''] }

  it.each(['/public/x', '/optional/x', '/encoded/x'])('empty for nobody on %s', async (target) => {
    const identity = await arrived(target, [])
    expect(identity).toMatchObject({ ...empty, 'x-usher-authenticated': ['0'] })
  })

  it('empty on a public route even for someone with a token', async () => {
    const identity = await arrived('/public/x', [token])
    expect(identity).toMatchObject({ ...empty, 'x-usher-authenticated': ['0'] })
  })

  it.each(['/api/x', '/admin/x', '/optional/x'])('filled for a user on %s', async (target) => {
    const identity = await arrived(target, [token])
    expect(identity).toMatchObject({
      'x-usher-authenticated': ['1'],
      'x-usher-user-id': ['user_ada'],
      'x-usher-org-id': [''],
    })
    expect(identity['x-usher-assertion']).toEqual([expect.stringMatching(/^[\w-]+(\.[\w-]+){2}$/)])
  })

  it('with the organisation that is active, and 403 where another is asked for', async () => {
    const member = bearer(await scene.gateway.token({ o: { id: 'org_acme', rol: 'admin' } }))
    const identity = await arrived('/orgs/org_acme/x', [member])
    expect(identity['x-usher-org-id']).toEqual(['org_acme'])
    expect(status(await scene.gateway.get('/orgs/org_other/x', [member]))).toBe(403)
  })

  it('and the request id is also in the answer, and never the same twice', async () => {
    const ids = new Set<string>()
    for (const target of ['/public/a', '/public/b']) {
      const response = await scene.gateway.get(target, ['X-Usher-Request-Id: mine'])
      const [id = ''] = headerValues(response, 'x-usher-request-id')
      expect(scene.origin.requests.at(-1)?.headerLines).toContain(`X-Usher-Request-Id: ${id}`)
      ids.add(id)
    }
    expect(ids.size).toBe(2)
  })
})

describe('what only a proxy may say', () => {
  it.each([
    ...['Forwarded', 'X-Forwarded-User', 'X-Forwarded-Prefix', 'X_Forwarded_Email', 'X-Forwarded'],
    ...[
      'X-Real-IP',
      'X_Real_IP',
      'True-Client-IP',
      'CF-Ray',
      'CF_Visitor',
      'CF-Worker',
      'CDN-Loop',
    ],
    ...['X-Original-URL', 'X-Original-Method', 'X-Rewrite-URL', 'X_Rewrite_URL'],
    ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X_Http_Method_Override', 'X-Method-Override'],
    ...['Proxy', 'Proxy-Authorization', 'Proxy-Connection', 'X-Middleware-Subrequest'],
    ...['X-Clerk-Auth-Status', 'X_Clerk_User_Id', 'Keep-Alive', 'TE', 'Trailer', 'Expect-'],
  ])('%s never arrives as a client wrote it', async (name) => {
    const message = await arrival('/public/x', [`${name}: forged`])
    expect(message.headerLines.join('\n')).not.toContain('forged')
  })

  it.each(['X-Forwarded-For', 'X_Forwarded_For', 'X-Forwarded-Host', 'X-Forwarded-Proto'])(
    '%s is made anew',
    async (name) => {
      const edge = 'CF-Connecting-IP: 203.0.113.9'
      const message = await arrival('/public/x', [edge, `${name}: forged`, `${name}: twice`])
      const forwarded = message.headerLines.filter((line) => /^x.forwarded/i.test(line))
      expect(forwarded.map((line) => line.toLowerCase()).sort()).toEqual([
        'x-forwarded-for: 203.0.113.9',
        'x-forwarded-host: usher.test',
        'x-forwarded-proto: http',
      ])
      expect(names(message)).not.toContain('cf-connecting-ip')
    },
  )

  it.each([
    ['X-Mine', 'X-Mine'],
    ['X-Mine', 'close, x_mine'],
    ['X_Mine', 'X-Mine'],
    ['Cookie', 'cookie'],
    ['X-A', 'x-b ,  X-A'],
    ['X-Usher-User-Id', 'X-Usher-User-Id'],
  ])('%s, nominated by "Connection: %s", does not arrive', async (name, connection) => {
    const bytes = rawRequest('GET', '/public/x', { headerLines: [`${name}: forged`] })
    const nominating = bytes.replace('Connection: close', `Connection: ${connection}`)
    expect(status(await sendRaw(scene.gateway.port, nominating))).toBe(200)
    expect(scene.arrived().headerLines.join('\n')).not.toContain('forged')
  })

  it('a nomination cannot take an identity header away', async () => {
    const headerLines = [token]
    const bytes = rawRequest('GET', '/api/x', { headerLines })
    const nominated = [...identityNames, 'X-Forwarded-Host'].join(', ')
    await sendRaw(
      scene.gateway.port,
      bytes.replace('Connection: close', `Connection: ${nominated}`),
    )
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual(['user_ada'])
    expect(headerValues(scene.arrived(), 'x-forwarded-host')).toEqual(['usher.test'])
  })
})

describe('what is the client’s own', () => {
  it.each([
    'Accept: text/html;q=0.9, */*',
    'Accept-Language: de-DE,de;q=0.5',
    'Content-Type: multipart/form-data; boundary="a b"',
    'User-Agent: it\'s "me" (x; y)',
    'Range: bytes=0-3',
    'If-None-Match: W/"a", "b"',
    'Origin: https://app.usher.test',
    'Referer: http://usher.test/x?y#z',
    'Cookie: theme=dark; a="b c"; x=1=2',
    'X-Custom: a  b\tc',
    'X_Under_Score: yes',
    'X.Dotted: yes',
    'X-Usherette: yes',
    'X-Bytes: \xe9\xff',
    'Sec-Fetch-Mode: cors',
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])('%j arrives byte for byte', async (line) => {
    expect((await arrival('/public/x', [line])).headerLines).toContain(line)
  })

  it('two lines of one name stay two, in their order', async () => {
    const lines = ['X-Twice: b', 'X-Between: c', 'x-twice: a']
    expect(headerValues(await arrival('/public/x', lines), 'x-twice')).toEqual(['b', 'a'])
  })
})
