import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { converse, rawRequest } from '../support/gateway.ts'
import { headerValues, type RawMessage, rawGet, sendRaw, status } from '../support/raw.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { OriginProcess } from './origins/origin-process.ts'
import { describeCaddySecret } from './proxies/caddy-secret.ts'
import { describeDeadUsher } from './proxies/dead-usher.ts'
import {
  climbs,
  contextLines,
  contextMark,
  edgeLines,
  spellings,
  strippedNames,
} from './proxies/hostile.ts'
import { callerSecret, proxies } from './proxies/proxy-process.ts'
import {
  expectPlainCheck,
  openBrokenUsher,
  openProxyScene,
  type ProxyScene,
} from './proxies/scene.ts'
import { identityLines, nobody, somebody, told } from './proxies/telling.ts'
import { makeCertificate } from './proxies/tls-door.ts'
import { describeUpgrades } from './proxies/upgrades.ts'

// Real proxies, run with the files of `src/checks/README.md`, before a server that keeps every byte it gets.

const host = 'Host: app.example.com'

let scene: ProxyScene
let proxy: OriginProcess

beforeAll(async () => {
  scene = await openProxyScene()
})

afterAll(() => scene.close())

beforeEach(() => {
  scene.api.requests.length = 0
})

/** What a client is answered by the proxy. */
function ask(target: string, headerLines: readonly string[] = []): Promise<RawMessage> {
  return sendRaw(proxy.port, rawGet(target, [host, ...headerLines]), 10_000)
}

describe.each(proxies)('$name with the files of the page', (kind) => {
  const law = it.skipIf(!kind.isHere)

  beforeAll(async () => {
    if (kind.isHere) proxy = await kind.start(scene.surroundings(kind.name))
  })
  afterAll(async () => {
    if (kind.isHere) await proxy.stop()
  })

  law('lets in whoever may pass, and tells the API who it is by what it can check', async () => {
    expect(status(await ask('/api/x?a=1&b=%20', [scene.ada]))).toBe(200)
    const request = scene.arrived()
    expect(request.startLine).toBe('GET /api/x?a=1&b=%20 HTTP/1.1')
    expect(told(request)).toEqual(somebody('user_ada'))
    const published = await sendRaw(scene.usher.port, rawGet('/_usher/jwks.json'))
    const [assertion = ''] = headerValues(request, 'x-usher-assertion')
    const checked = await jwtVerify(assertion, createLocalJWKSet(JSON.parse(published.body)), {
      ...{ algorithms: ['ES256'], issuer: 'usher', audience: 'elsewhere' },
    })
    expect(checked.payload.sub).toBe('user_ada')
    expect(headerValues(request, 'authorization').filter((value) => value !== '')).toEqual([])
  })

  law('lets nobody in who may not pass, and says why', async () => {
    const challenge = async (...lines: readonly string[]) =>
      headerValues(await ask('/api/x', lines), 'www-authenticate')
    expect(await challenge()).toEqual(['Bearer realm="usher"'])
    expect(await challenge(`${scene.ada}x`)).toEqual([expect.stringContaining('"invalid_token"')])
    expect(status(await ask('/admin/x', [scene.graces]))).toBe(403)
    expect(status(await ask('/admin/x'))).toBe(401)
    for (const path of ['/_usher/me', '/unheard/of', '/_check']) {
      expect(status(await ask(path, [scene.ada]))).toBeOneOf([403, 404])
    }
    scene.expectNothing()
    expect(status(await ask('/admin/x', [scene.ada]))).toBe(200)
  })

  law(
    'tells the API who is calling and nothing that a client says of it, in any spelling',
    async () => {
      for (const names of [[], ...spellings]) {
        const forged = names.map((name) => `${name}: mallory`)
        for (const [path, line, who] of [
          ['/public/x', 'Accept: */*', nobody],
          ['/api/x', scene.graces, somebody('user_grace')],
        ] as const) {
          expect(status(await ask(path, [line, ...forged]))).toBe(200)
          const request = scene.arrived()
          expect([names[0], told(request)]).toEqual([names[0], who])
          expect(identityLines(request)).toHaveLength(
            kind.sendsEmptyHeaders ? 6 : Object.keys(who).length,
          )
          expect(JSON.stringify(request)).not.toMatch(new RegExp(`mallory|${callerSecret}`))
        }
      }
    },
  )

  law('loses no identity to a client that names its headers in `Connection`', async () => {
    const client = openRawClient(proxy.port)
    const names = 'X-Usher-User-Id, X-Usher-Assertion, X-Forwarded-For, X-Email, X-Usher-Caller'
    const lines = [host, scene.graces, `Connection: keep-alive, ${names}`, '', '']
    const answer = await client.send(['GET /api/x HTTP/1.1', ...lines].join('\r\n'))
    client.close()
    expect(status(answer)).toBe(200)
    const request = scene.arrived()
    expect(told(request)).toEqual(somebody('user_grace'))
    expect(headerValues(request, 'connection').join()).not.toMatch(/usher/i)
  })

  law('decides by the request itself, whatever a client says that it asks for', async () => {
    for (const lines of [contextLines, ...contextLines.map((line) => [line])]) {
      for (const [line, expected] of [
        ['Accept: */*', 401],
        [scene.graces, 403],
      ] as const) {
        const bytes = rawRequest('POST', '/admin/x', { headerLines: [host, ...lines, line] })
        expect([lines, status(await sendRaw(proxy.port, bytes))]).toEqual([lines, expected])
      }
    }
    scene.expectNothing()
    const bytes = rawRequest('POST', '/api/x', { headerLines: [host, ...contextLines, scene.ada] })
    expect(status(await sendRaw(proxy.port, bytes))).toBe(200)
    const request = scene.arrived()
    expect(request.headerLines.filter((line) => contextMark.test(line))).toEqual([])
    expect(headerValues(request, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(headerValues(request, 'x-forwarded-host')).toEqual(['app.example.com'])
  })

  law('goes by one host, which the API is told', async () => {
    const [ours, others] = ['app.example.com', 'other.example.com']
    const foreign = [
      ['/public/x', others],
      [`http://${others}/public/x`, ours],
      [`http://${others}/public/x`, others],
    ] as const
    for (const [target, name] of foreign) {
      const answer = await sendRaw(proxy.port, rawGet(target, [`Host: ${name}`]))
      // Caddy has no such site, and says so with an empty 200.
      expect([target, name, answer.body]).toEqual([target, name, expect.not.stringMatching(/^ok$/)])
    }
    scene.expectNothing()
    const twoHosts = rawGet(`http://${ours}/public/x`, [`Host: ${others}`])
    const answered = status(await sendRaw(proxy.port, twoHosts))
    expect(answered).toBe(kind.statusOfTwoHosts)
    const twice = rawGet(`http://${ours}/public/x`, [`Host: ${ours}`])
    expect(status(await sendRaw(proxy.port, twice))).toBe(200)
    const hosts = scene.api.requests.map((request) => headerValues(request, 'host'))
    expect(hosts).toEqual(answered === 200 ? [[ours], [ours]] : [[ours]])
    const lines = scene.api.requests.map(({ startLine }) => startLine)
    expect(new Set(lines)).toEqual(new Set(['GET /public/x HTTP/1.1']))
  })

  law('sends nothing with a check by which the edge would answer it', async () => {
    for (const line of edgeLines) {
      expect(status(await ask('/public/x', [line]))).toBe(200)
      expectPlainCheck(scene)
    }
    expect(status(await ask('/public/x', edgeLines))).toBe(200)
    expectPlainCheck(scene)
    expect(scene.api.requests).toHaveLength(edgeLines.length + 1)
  })

  law('lets nobody climb from `/public` to `/admin`, in any spelling', async () => {
    expect(climbs.length).toBeGreaterThan(20)
    for (const path of climbs) {
      for (const lines of [[], [scene.graces]]) {
        const answered = status(await ask(path, lines))
        expect([path, answered]).toEqual([path, expect.toBeOneOf([400, 401, 403, 404])])
      }
    }
    scene.expectNothing()
  })

  law('hands on nothing that Usher’s own proxy would keep to itself', async () => {
    for (let first = 0; first < strippedNames.length; first += 20) {
      const names = strippedNames.slice(first, first + 20)
      const answer = await ask(
        '/api/x',
        [scene.ada].concat(names.map((name) => `${name}: mallory`)),
      )
      expect([names, status(answer)]).toEqual([names, 200])
      const request = scene.arrived()
      expect(told(request)).toEqual(somebody('user_ada'))
      expect(request.headerLines.filter((line) => line.includes('mallory'))).toEqual([])
    }
  })

  law('leads a browser to sign in and back, and nobody else', async () => {
    const browser = ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
    const answer = await ask('/api/x?a=1&b=2', browser)
    expect(status(answer)).toBe(302)
    const to = new URL(headerValues(answer, 'location').join())
    expect(`${to.origin}${to.pathname}`).toBe('https://accounts.example.com/sign-in')
    expect(to.searchParams.get('redirect_url')).toBe('http://app.example.com/api/x?a=1&b=2')
    const post = rawRequest('POST', '/api/x', { headerLines: [host, ...browser] })
    expect(status(await sendRaw(proxy.port, post))).toBe(401)
    expect(status(await ask('/admin/x', [...browser, scene.graces]))).toBe(403)
    scene.expectNothing()
  })

  law('tells two users apart who share a connection, and nobody from both', async () => {
    const client = openRawClient(proxy.port)
    const turns = [
      [scene.ada, '/api/x', somebody('user_ada')],
      [scene.graces, '/api/x', somebody('user_grace')],
      [scene.ada, '/public/x', nobody],
      [scene.graces, '/admin/x', 403],
      ['Accept: */*', '/public/x', nobody],
      [scene.ada, '/admin/x', somebody('user_ada')],
      ['Accept: */*', '/admin/x', 401],
    ] as const
    for (const [line, path, expected] of turns) {
      const lines = [`GET ${path} HTTP/1.1`, host, line, '', '']
      const code = status(await client.send(lines.join('\r\n')))
      expect([line, path, code === 200 ? told(scene.arrived()) : code]).toEqual([
        line,
        path,
        expected,
      ])
    }
    client.close()
    scene.expectNothing()
  })

  law('asks over connections that it keeps', async () => {
    await ask('/public/x')
    scene.door.opened()
    for (let turn = 0; turn < 5; turn++) await ask('/public/x')
    expect(scene.door.opened()).toBe(0)
  })

  law('hands on a body, and the answer to HEAD has none', async () => {
    const body = 'a=1&b=2'
    const post = rawRequest('POST', '/api/x', { headerLines: [host, scene.ada], body })
    expect(status(await sendRaw(proxy.port, post))).toBe(200)
    expect(scene.arrived()).toMatchObject({ body })
    const chunks = `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n7\r\n${body}\r\n0\r\n\r\n`
    const bytes = `POST /api/x HTTP/1.1\r\n${host}\r\n${scene.ada}\r\n${chunks}`
    expect(status(await sendRaw(proxy.port, bytes))).toBe(200)
    expect(scene.arrived()).toMatchObject({ body })
    expectPlainCheck(scene)
    for (const line of [scene.ada, scene.graces]) {
      const head = rawRequest('HEAD', '/admin/x', { headerLines: [host, line] })
      const answer = await converse(proxy.port, head)
      const code = line === scene.ada ? 200 : 403
      expect([answer.slice(0, 12), answer.slice(-4)]).toEqual([`HTTP/1.1 ${code}`, '\r\n\r\n'])
    }
    expect(scene.arrived().startLine).toBe('HEAD /admin/x HTTP/1.1')
  })

  describeUpgrades(kind, () => ({ scene, proxy }))

  law('lets nothing pass where Usher breaks, is somebody else, or is dead', async () => {
    const broken = await openBrokenUsher()
    scene.door.lead(broken.port)
    expect(status(await ask('/public/x', [scene.ada]))).toBe(kind.statusWhenBroken)
    await broken.stop()
    scene.door.lead(scene.usher.port)
    expect(status(await ask('/public/x'))).toBe(200)
    scene.arrived()

    scene.door.show(makeCertificate(scene.surroundings(`strange-${kind.name}`).folder))
    expect(status(await ask('/public/x'))).toBe(kind.statusWhenDead)
    scene.door.show(scene.trusted)
    expect(status(await ask('/public/x'))).toBe(200)
    scene.arrived()

    scene.door.lead(9) // nothing listens there: the connection ends as soon as it is open
    expect(status(await ask('/public/x'))).toBeOneOf([kind.statusWhenDead, 502])
    scene.door.lead(scene.usher.port)
    scene.expectNothing()
  })
})

describeCaddySecret(() => scene)
describeDeadUsher(() => scene)
