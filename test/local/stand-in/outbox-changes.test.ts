import { describe, expect, it } from 'vitest'
import { everythingOf, visitOutbox } from '../../support/outbox-visit.ts'

describe('what changes something', () => {
  it.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [
      'another port of this machine',
      { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
    ],
    [
      'another name of this machine',
      { origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'cross-site' },
    ],
    ['another scheme', { origin: 'https://localhost:8787', 'sec-fetch-site': 'same-site' }],
    ['a page without an origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed page of its own', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['an old browser', { origin: 'https://evil.example' }],
    ['a page that names no origin', { 'sec-fetch-site': 'cross-site' }],
    ['an address that was typed in', { 'sec-fetch-site': 'none' }],
  ])('cannot come from %s', async (_, headers) => {
    const { world, form, post, ada } = await visitOutbox()
    world.emit('user.created', {})
    const { id = '' } = world.state.deliveries.all().at(-1) ?? {}
    const before = everythingOf(world)
    for (const [path, members] of [
      ['/switches', { down: 'true' }],
      ['/replay', { id }],
      ['/revoke', { sessionId: 'sess_1' }],
      ['/ban', { userId: ada.id, isBanned: 'true' }],
    ] as const) {
      expect((await form(path, members, headers)).status).toBe(403)
      expect((await post(path, members, headers)).status).toBe(403)
    }
    expect(everythingOf(world)).toBe(before)
  })

  it('comes from the own page, which then shows it, and from programs', async () => {
    const { world, form, post } = await visitOutbox()
    const answer = await form('/switches', { down: 'true' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'switches'])
    expect(world.faults.down).toBe(true)
    const program = await post('/switches', { down: false })
    expect([program.status, await program.json()]).toMatchObject([200, { down: false }])
    expect(world.faults.down).toBe(false)
  })

  it.each<[string, object, number]>([
    ['/switches', {}, 422],
    ['/switches', { sideways: true }, 422],
    ['/switches', { down: 'perhaps' }, 422],
    ['/switches', { slowMs: -1 }, 422],
    ['/switches', { slowMs: 1e9 }, 422],
    ['/switches', { webhooks: 'never' }, 422],
    ['/switches', { keys: 'eat' }, 422],
    ['/switches', { turnClockMs: 'noon' }, 422],
    ['/replay', {}, 422],
    ['/replay', { id: 'msg_unknown' }, 404],
    ['/revoke', {}, 422],
    ['/revoke', { sessionId: 'sess_unknown' }, 404],
    ['/ban', { userId: 'user_unknown', isBanned: true }, 404],
    ['/ban', { isBanned: true }, 422],
    ['/', { down: true }, 404],
    ['/outbox.json', {}, 404],
  ])('is refused where it cannot be: %s %j', async (path, members, status) => {
    const { world, post } = await visitOutbox()
    const before = everythingOf(world)
    expect((await post(path, members)).status).toBe(status)
    expect(everythingOf(world)).toBe(before)
  })

  it('on a name that is not of this machine is answered by nobody', async () => {
    const { standIn } = await visitOutbox()
    const request = new Request('http://usher.example/switches', { method: 'POST', body: '' })
    expect((await standIn.fetch(request)).status).toBe(421)
  })

  it('revokes a session that is alive, once, and tells of it', async () => {
    const { world, form, post, get } = await visitOutbox()
    const session = world.state.sessions.find(({ status }) => status === 'active')
    if (session === undefined) throw new Error('Nobody is signed in')
    expect(await (await get('/people')).text()).toContain(session.id)
    const answer = await form('/revoke', { sessionId: session.id })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'people'])
    expect(world.state.sessions.get(session.id)?.status).toBe('revoked')
    expect(world.state.deliveries.all().at(-1)?.type).toBe('session.revoked')
    expect((await post('/revoke', { sessionId: session.id })).status).toBe(404)
    expect(await (await get('/people')).text()).not.toContain(session.id)
  })

  it('bans somebody, whose sessions end, and lets them in again', async () => {
    const { world, form, get, ada } = await visitOutbox()
    const isSignedIn = () =>
      world.state.sessions.find((one) => one.userId === ada.id && one.status === 'active')
    expect(isSignedIn()).toBeDefined()
    await form('/ban', { userId: ada.id, isBanned: 'true' })
    expect([world.state.users.get(ada.id)?.isBanned, isSignedIn()]).toEqual([true, undefined])
    expect(await (await get('/people')).text()).toContain('Let in again')
    await form('/ban', { userId: ada.id, isBanned: 'false' })
    expect(world.state.users.get(ada.id)?.isBanned).toBe(false)
  })

  it('sends one webhook again, or all that failed', async () => {
    const { world, form } = await visitOutbox()
    const { deliveries } = world.state
    for (const { id } of deliveries.all()) deliveries.remove(id)
    for (const type of ['one', 'two', 'three', 'four']) world.emit(type, {})
    const [one, two, three, four] = deliveries.all()
    if (!one || !two || !three || !four) throw new Error('Not four')
    deliveries.put({ ...one, state: 'failed', nextAttemptAt: null })
    deliveries.put({ ...two, state: 'failed', nextAttemptAt: null })
    deliveries.put({ ...three, state: 'delivered', nextAttemptAt: null })
    deliveries.put({ ...four, nextAttemptAt: world.clock.now() + 1000 })
    const states = () => deliveries.all().map(({ state }) => state)
    await form('/replay', { id: three.id })
    expect(states()).toEqual(['failed', 'failed', 'pending', 'pending'])
    await form('/replay', { failed: 'true' })
    expect(states()).toEqual(['pending', 'pending', 'pending', 'pending'])
    await form('/replay', { id: four.id })
    expect(new Set(deliveries.all().map(({ nextAttemptAt }) => nextAttemptAt))).toEqual(
      new Set([world.clock.now()]),
    )
  })

  it('tries what was over once, and what waits on its schedule', async () => {
    const send = async () => new Response(null, { status: 500 })
    const { world, standIn, form } = await visitOutbox({ send })
    const { deliveries } = world.state
    for (const { id } of deliveries.all()) deliveries.remove(id)
    for (const type of ['failed', 'delivered', 'pending']) world.emit(type, {})
    const [failed, delivered, pending] = deliveries.all()
    if (!failed || !delivered || !pending) throw new Error('Not three')
    deliveries.put({ ...failed, state: 'failed', failures: 8, nextAttemptAt: null })
    deliveries.put({ ...delivered, state: 'delivered', nextAttemptAt: null })
    deliveries.put({ ...pending, failures: 1, nextAttemptAt: world.clock.now() + 1000 })
    for (const { id } of [failed, delivered, pending]) await form('/replay', { id })
    await standIn.deliverDue()
    const now = world.clock.now()
    expect(deliveries.all().map(({ state, nextAttemptAt: at }) => [state, at && at - now])).toEqual(
      [
        ['failed', null],
        ['failed', null],
        ['pending', 5 * 60_000],
      ],
    )
  })
})
