import { describe, expect, it } from 'vitest'
import { gatewayUrl } from '../support/world.ts'
import { bearer, cookie, type Headers, openCarrierScene, socket } from './carrier-scene.ts'

// Scripts of browsers cannot set headers on a WebSocket, so a subprotocol may carry their credential.

const { ada, grace, outcome, arrival } = await openCarrierScene()

describe('the subprotocol of a WebSocket', () => {
  const cases: [law: string, path: string, headers: Headers, string][] = [
    ['counts beside "usher"', '/socket/x', socket('usher', `bearer.${ada}`), 'user_ada'],
    ['in any order', '/socket/x', socket(`bearer.${ada}`, 'chat', 'usher'), 'user_ada'],
    ['in any case', '/socket/x', socket('usher', `Bearer.${ada}`), 'user_ada'],
    [
      'goes before a cookie where it is named first',
      '/socket/x',
      { ...socket('usher', `bearer.${ada}`), ...cookie(grace), origin: gatewayUrl },
      'user_ada',
    ],
    [
      'comes after a bearer token where it is named last',
      '/socket-last/x',
      { ...socket('usher', `bearer.${grace}`), ...bearer(ada) },
      'user_ada',
    ],
    [
      'is not there without such an element: the next one decides',
      '/socket/x',
      { ...socket('usher', 'chat', 'bearer'), ...cookie(ada), origin: gatewayUrl },
      'user_ada',
    ],
    ['is not there', '/socket/x', socket('usher'), '401 token-missing'],
    [
      'is not looked at without an upgrade',
      '/socket/x',
      { 'sec-websocket-protocol': `usher, bearer.${ada}` },
      '401 token-missing',
    ],
    [
      'needs "usher" beside it',
      '/socket/x',
      { ...socket('chat', `bearer.${ada}`), ...cookie(ada), origin: gatewayUrl },
      '401 token-invalid',
    ],
    ['needs exactly "usher"', '/socket/x', socket('Usher', `bearer.${ada}`), '401 token-invalid'],
    ['is not empty', '/socket/x', socket('usher', 'bearer.'), '401 token-invalid'],
    ['has no blanks', '/socket/x', socket('usher', `bearer.${ada} x`), '401 token-invalid'],
    [
      'is one and not two',
      '/socket/x',
      socket('usher', `bearer.${ada}`, `bearer.${ada}`),
      '401 token-ambiguous',
    ],
    ['is a good token', '/socket/x', socket('usher', 'bearer.x'), '401 token-invalid'],
  ]
  it.each(cases)('%s (%s)', async (_, path, headers, expected) => {
    expect(await outcome(path, headers)).toBe(expected)
  })

  it('reaches the origin where the route says passCredential', async () => {
    const { headers } = await arrival('/socket-shown/x', socket('usher', `bearer.${ada}`))
    expect(headers.get('sec-websocket-protocol')).toBe(`usher, bearer.${ada}`)
  })
})

describe('of the subprotocols the origin receives', () => {
  const cases: [law: string, path: string, headers: Headers, string | null][] = [
    [
      'none where there was but the credential',
      '/socket/x',
      socket('usher', `bearer.${ada}`),
      null,
    ],
    [
      'those around the credential, in their order',
      '/socket/x',
      socket('chat', 'usher', `bearer.${ada}`, 'v2.chat'),
      'chat, v2.chat',
    ],
    [
      'no credential that did not count',
      '/socket-last/x',
      { ...socket('usher', 'bearer.x'), ...bearer(ada) },
      null,
    ],
    [
      'no credential without usher, where one is looked for',
      '/socket-last/x',
      { ...socket('bearer.x', 'chat'), ...bearer(ada) },
      'chat',
    ],
    [
      'a name that only begins like ours',
      '/socket-last/x',
      { ...socket('chat', 'usherette'), ...bearer(ada) },
      'chat, usherette',
    ],
    [
      'no credential of Clerk, though none is looked for',
      '/bearer/x',
      { ...socket('usher', `bearer.${ada}`, 'chat'), ...bearer(ada) },
      'chat',
    ],
    [
      "a credential that is the origin's own",
      '/bearer/x',
      { ...socket('bearer.theirs', 'chat'), ...bearer(ada) },
      'bearer.theirs, chat',
    ],
    [
      'no credential of Clerk on a public route',
      '/public/x',
      socket('usher', `bearer.${ada}`),
      null,
    ],
    [
      'all of them where none is a credential',
      '/public/x',
      socket('chat', 'superchat'),
      'chat, superchat',
    ],
  ]
  it.each(cases)('%s (%s)', async (_, path, headers, expected) => {
    const { headers: arrived } = await arrival(path, headers)
    expect(arrived.get('sec-websocket-protocol')).toBe(expected)
  })
})
