import { beforeEach, describe, expect, it } from 'vitest'
import { handlerLimitMs } from '../../src/events/delivery.ts'
import { dispatchEvents } from '../../src/events/dispatch.ts'
import { onEvent } from '../../src/events/handlers.ts'
import site from '../../src/site/events.ts'
import { settle } from '../support/fake-clock.ts'
import { allDeliveries, openScene, type Scene, updated } from './subscriber-scene.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})

const retry = { retryAfterSeconds: expect.any(Number) }

describe('an event', () => {
  it('goes to the project itself only where it has a handler for the type, or for all', async () => {
    scene.handlers = () => [onEvent('user.deleted', () => {})]
    await scene.happen(updated('user_1'))
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({ receiver: 'site' })).toEqual([])
    scene.handlers = () => [onEvent('*', () => {})]
    await scene.happen(updated('user_1'))
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({ receiver: 'site' })).toHaveLength(1)
  })

  it('is kept for handlers that cannot be loaded', async () => {
    scene.handlers = () => {
      throw new SyntaxError('a secret of the author')
    }
    await scene.happen(updated('user_1'))
    await dispatchEvents(scene.capabilities)
    const [delivery] = await allDeliveries({ receiver: 'site' })
    expect(await scene.attempt(delivery?.id ?? '')).toMatchObject({
      retryAfterSeconds: expect.any(Number),
    })
    const told: string[] = []
    scene.handlers = () => [onEvent('user.updated', ({ data }) => void told.push(data.user_id))]
    expect(await scene.attempt(delivery?.id ?? '', 2)).toBe('done')
    expect(told).toEqual(['user_1'])
    expect(scene.faults.join()).not.toContain('secret')
  })
})

it('a handler gets what its type has, and asks for nothing else', () => {
  onEvent('role.granted', ({ data }) => void data.organization_id)
  // @ts-expect-error a session is no part of a grant
  onEvent('role.granted', ({ data }) => void data.session_id)
  // @ts-expect-error there is no such type
  expect(onEvent('role.given', () => {})).toMatchObject({ type: 'role.given' })
})

it('nothing is done with events until somebody writes a handler', () => {
  expect(site).toEqual([])
})

describe("a project's own handlers", () => {
  const tell = async () => {
    await scene.happen(updated('user_1'))
    await dispatchEvents(scene.capabilities)
    const [delivery] = await allDeliveries({ receiver: 'site' })
    return delivery?.id ?? ''
  }

  it('are all called with the event, in its own type', async () => {
    const told: unknown[] = []
    scene.handlers = () => [
      onEvent('user.updated', ({ data, sequence }) => void told.push([data.status, sequence])),
      onEvent('user.updated', async ({ atMs }) => void told.push(atMs)),
      onEvent('user.deleted', () => void told.push('never')),
      onEvent('*', ({ type, subject }) => void told.push([type, subject])),
    ]
    expect(await scene.attempt(await tell())).toBe('done')
    expect(told).toEqual([['active', 1], scene.clock.now(), ['user.updated', 'user_1']])
  })

  it('that throw are called again, and do not keep the others from being called', async () => {
    let calls = 0
    scene.handlers = () => [
      onEvent('user.updated', () => {
        throw new RangeError('c0ffee')
      }),
      onEvent('user.updated', () => {
        calls += 1
      }),
    ]
    const id = await tell()
    expect(await scene.attempt(id)).toEqual(retry)
    expect(await scene.delivery(id)).toMatchObject({ state: 'queued', lastError: 'handler-failed' })
    expect([calls, scene.faults]).toEqual([1, ['events site: RangeError']])
  })

  it('are not waited for longer than half a minute', async () => {
    let isCalled = false
    scene.handlers = () => [
      onEvent('*', () => {
        isCalled = true
        return new Promise(() => {})
      }),
    ]
    const id = await tell()
    const attempt = scene.attempt(id)
    for (let turn = 0; !isCalled && turn < 100; turn++) await settle()
    await scene.clock.advance(handlerLimitMs)
    expect(await attempt).toEqual(retry)
    expect(await scene.delivery(id)).toMatchObject({ lastError: 'timeout' })
  })
})
