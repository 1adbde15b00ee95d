import { expect, it } from 'vitest'
import { headerValues, sendRaw, status } from '../../support/raw.ts'
import { openRawClient } from '../../support/raw-client.ts'
import type { OriginProcess } from '../origins/origin-process.ts'
import { askOverHttp2, upgradeOverHttp2 } from './http2-client.ts'
import type { Proxy as KindOfProxy } from './proxy-process.ts'
import { expectPlainCheck, type ProxyScene } from './scene.ts'
import { somebody, told } from './telling.ts'

/** A proxy that runs before an API that takes every upgrade that reaches it. */
interface Stage {
  readonly scene: ProxyScene
  readonly proxy: OriginProcess
}

const host = 'Host: app.example.com'
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const socket = ['Connection: X-Usher-User-Id, Upgrade', 'Upgrade: websocket', key]
const withoutKey = socket.filter((line) => line !== key)

/** What a client asks for that would be a tunnel, if an API took it: a list, a second line, and others. */
const tunnels: readonly (readonly string[])[] = [
  ['Upgrade: h2c'],
  ['Upgrade: H2C', key],
  ['Upgrade: TLS/1.2'],
  ['Upgrade: websocket/13'],
  ['Upgrade: xwebsocket'],
  ['Upgrade: h2c, h2c'],
]

/** The same beside a WebSocket: it may be one, on a route that has one, and nothing else. */
const mixed: readonly (readonly string[])[] = [
  ['Upgrade: h2c', 'Upgrade: websocket', key],
  ['Upgrade: websocket', 'Upgrade: h2c', key],
  ['Upgrade: websocket, h2c', key],
  ['Upgrade: h2c, websocket', key],
]

const asHttp2 = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__']

/** What is answered to a GET, and by which protocols the API was asked to go on. */
async function open({ scene, proxy }: Stage, path: string, lines: readonly string[]) {
  const bytes = [`GET ${path} HTTP/1.1`, host, ...lines, '', ''].join('\r\n')
  const answer = status(await sendRaw(proxy.port, bytes))
  const protocols = scene.api.requests
    .splice(0)
    .flatMap((request) => [
      ...headerValues(request, 'upgrade'),
      ...headerValues(request, 'http2-settings'),
    ])
  return [answer, protocols] as const
}

/** What a proxy does with connections that become something else than HTTP/1.1. */
export function describeUpgrades(kind: KindOfProxy, getStage: () => Stage): void {
  describeSockets(kind, getStage)
  describeTunnels(kind, getStage)
  if (kind.isHere && kind.speaksHttp2) describeHttp2(getStage)
}

function describeSockets(kind: KindOfProxy, getStage: () => Stage): void {
  const law = it.skipIf(!kind.isHere)
  const openHere = (path: string, lines: readonly string[]) => open(getStage(), path, lines)

  law('opens a WebSocket for whoever may have one', async () => {
    const { scene, proxy } = getStage()
    expect(await openHere('/socket', socket)).toEqual([401, []])
    const lines = ['GET /socket HTTP/1.1', host, ...socket, scene.ada, '', '']
    expect(status(await sendRaw(proxy.port, lines.join('\r\n')))).toBe(101)
    const request = scene.arrived()
    expect(headerValues(request, 'upgrade')).toEqual(['websocket'])
    expect(headerValues(request, 'connection').join().toLowerCase()).toBe('upgrade')
    expect(headerValues(request, 'sec-websocket-key')).toEqual([key.split(': ')[1]])
    expectPlainCheck(scene)
    expect(told(request)).toEqual(somebody('user_ada'))
  })

  law('opens none by a cookie for a page of somebody else', async () => {
    const { scene } = getStage()
    const cookie = `Cookie: __session=${scene.ada.replace(/^.* /, '')}`
    const strange = [cookie, 'Origin: https://evil.test']
    expect(
      await openHere('/socket', [...socket, cookie, 'Origin: http://app.example.com']),
    ).toEqual([101, ['websocket']])
    expect(await openHere('/socket', [...socket, ...strange])).toEqual([403, []])
    const [answer, protocols] = await openHere('/socket', [...withoutKey, ...strange])
    // HAProxy itself takes none without a key over HTTP/1.1.
    const refused = expect.toBeOneOf([400, 403])
    expect([answer, protocols]).toEqual([kind.tellsOfEverySocket ? refused : 200, []])
  })

  law('opens none on a route that has none', async () => {
    const { scene } = getStage()
    const refused = expect.toBeOneOf([400, 403])
    for (const path of ['/api/x', '/public/x']) {
      expect(await openHere(path, [...socket, scene.ada])).toEqual([refused, []])
      const expected = kind.tellsOfEverySocket ? refused : 200
      expect(await openHere(path, [...withoutKey, scene.ada])).toEqual([expected, []])
    }
  })
}

function describeTunnels(kind: KindOfProxy, getStage: () => Stage): void {
  const law = it.skipIf(!kind.isHere)

  law('is no tunnel by any other protocol: what follows is asked about like all else', async () => {
    const { scene, proxy } = getStage()
    for (const lines of [...tunnels, ...mixed]) {
      const client = openRawClient(proxy.port)
      const ask = async (path: string, more: readonly string[]) =>
        status(await client.send([`GET ${path} HTTP/1.1`, host, ...more, '', ''].join('\r\n')))
      const first = await ask('/public/x', [...lines, ...asHttp2])
      expect([lines, first]).toEqual([lines, expect.toBeOneOf([200, 400, 403])])
      expect([lines, await ask('/admin/x', [])]).toEqual([lines, 401])
      client.close()
      const arrived = scene.api.requests.splice(0)
      expect([lines, arrived.length]).toEqual([lines, first === 200 ? 1 : 0])
      expect(JSON.stringify(arrived)).not.toMatch(/"(?:upgrade|http2-settings|connection: up)/i)
    }
    for (const lines of mixed) {
      const [answer, protocols] = await open(getStage(), '/socket', [
        ...lines,
        ...asHttp2,
        scene.ada,
      ])
      const expected = answer === 101 ? ['websocket'] : []
      expect([lines, answer, protocols]).toEqual([lines, expect.toBeOneOf([101, 200]), expected])
    }
  })

  law('takes no CONNECT', async () => {
    const { scene, proxy } = getStage()
    for (const target of ['/public/x', 'app.example.com:443', '/socket']) {
      const bytes = [`CONNECT ${target} HTTP/1.1`, host, scene.ada, '', ''].join('\r\n')
      const answer = status(await sendRaw(proxy.port, bytes))
      expect([target, answer]).toEqual([target, expect.toBeOneOf([400, 403, 405])])
    }
    scene.expectNothing()
  })
}

function describeHttp2(getStage: () => Stage): void {
  it('decides alike about requests of HTTP/2', async () => {
    const { scene, proxy } = getStage()
    for (const [path, who, expected] of [
      ['/api/x?a=1', 'Accept: */*', 401],
      ['/admin/x', scene.graces, 403],
      ['/public/../admin/x', scene.graces, 400],
      ['//admin/x', scene.graces, 400],
    ] as const) {
      expect([path, await askOverHttp2(proxy.port, path, who)]).toEqual([path, expected])
    }
    scene.expectNothing()
    expect(await askOverHttp2(proxy.port, '/api/x?a=1', scene.ada)).toBe(200)
    const request = scene.arrived()
    expect(request.startLine).toBe('GET /api/x?a=1 HTTP/1.1')
    expect(headerValues(request, 'host')).toEqual(['app.example.com'])
    expect(told(request)).toEqual(somebody('user_ada'))
  })

  it('opens WebSockets of HTTP/2 by the same rules', async () => {
    const { scene, proxy } = getStage()
    const token = scene.ada.replace(/^.* /, '')
    const [cookie, authorization] = [`__session=${token}`, `Bearer ${token}`]
    for (const [path, headers, expected] of [
      ['/socket', {}, 401],
      ['/socket', { cookie, origin: 'https://evil.test' }, 403],
      ['/api/x', { authorization }, 400],
      ['/public/x', {}, 400],
    ] as const) {
      const answer = await upgradeOverHttp2(proxy.port, path, headers)
      expect([path, answer]).toEqual([path, expected])
    }
    scene.expectNothing()
    const own = { cookie, origin: 'http://app.example.com' }
    expect(await upgradeOverHttp2(proxy.port, '/socket', own)).toBe(200)
    const request = scene.arrived()
    expect(headerValues(request, 'upgrade')).toEqual(['websocket'])
    expect(headerValues(request, 'sec-websocket-key')).toHaveLength(1)
    expect(told(request)).toEqual(somebody('user_ada'))

    const other = { ':protocol': 'h2c', authorization }
    await upgradeOverHttp2(proxy.port, '/socket', other).catch(() => 'reset')
    const protocols = scene.api.requests.splice(0).flatMap((one) => headerValues(one, 'upgrade'))
    expect(protocols).toEqual([])
  })
}
