import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localUsers } from '../../src/local/clerk/users.ts'
import { at, textAt } from '../support/clerk-browser.ts'
import { type Caller, idOf, openRecords, type RecordsScene, until } from './records-scene.ts'

// Records that follow Clerk, the whole way: what somebody does at the stand-in of `npm start`, and what the gateway
// then knows and does. Steps follow one another.

const ada = localUsers.get('ada')
const linus = localUsers.get('linus')
if (ada === undefined || linus === undefined) throw new Error('Nobody knows them')

const [ada_, linus_] = [idOf('ada'), idOf('linus')]
/** A change at Clerk is in the record by then, where webhooks come as they are. */
const followsMs = 2000

let scene: RecordsScene
beforeAll(async () => {
  scene = await openRecords()
})
afterAll(() => scene.close())

const nameOf = async (userId: string) => (await scene.record(userId))?.first_name

/** Makes a user at Clerk. */
async function newcomer(name: string): Promise<{ readonly id: string; readonly email: string }> {
  const email = `${name.toLowerCase()}@example.com`
  const body = { email_address: [email], first_name: name, password: 'a sound secret 1843' }
  const made = await scene.clerk('POST', '/users', body)
  expect(made.status, JSON.stringify(made.body)).toBe(200)
  return { id: textAt(made.body, 'id'), email }
}

describe('a first start', () => {
  it('brings everybody whom the stand-in knows into the records', async () => {
    await until(async () => (await nameOf(linus_)) === 'Linus')
    expect(await scene.record(ada_)).toMatchObject({ email: ada.email, last_name: 'Lovelace' })
    await scene.settled()
    expect((await scene.deliveries()).map(({ attempts }) => attempts.length)).toContain(1)
  })
})

describe('a name that is changed in the profile', () => {
  it(`is in the record within ${followsMs} ms, each of ten times`, async () => {
    const browser = await scene.signIn(ada)
    const taken: number[] = []
    for (const name of Array.from({ length: 10 }, (_, index) => `Ada ${index}`)) {
      const { status } = await browser.patch('/v1/me', { first_name: name })
      expect(status).toBe(200)
      taken.push(await until(async () => (await nameOf(ada_)) === name))
    }
    console.log(
      taken
        .toSorted((a, b) => a - b)
        .map(Math.round)
        .join(),
    )
    expect(Math.max(...taken)).toBeLessThan(followsMs)
  })
})

describe('a ban at Clerk', () => {
  const statusOf = async (path: string, user: Caller, expiresSeconds?: number) =>
    (await scene.ask(path, user, expiresSeconds)).status

  it('keeps the user out of a fresh route, and out with a credential that lives for long', async () => {
    expect(await statusOf('/now/x', 'linus')).toBe(200)
    expect(await statusOf('/api/echo', 'linus', 3600)).toBe(200)
    expect((await scene.clerk('POST', `/users/${linus_}/ban`)).status).toBe(200)
    await until(async () => (await statusOf('/now/x', 'linus')) === 403, followsMs)
    expect((await scene.ask('/now/x', 'linus')).body).toMatchObject({ code: 'user-banned' })
    // The isolate that applied it forgets the user at once; others know by the 60 s of facts.
    await until(async () => (await statusOf('/api/echo', 'linus', 3600)) === 403, followsMs)
    expect(await scene.record(linus_)).toMatchObject({ status: 'banned' })
  })

  it('is lifted for new sessions: those of before the ban have ended', async () => {
    await scene.clerk('POST', `/users/${linus_}/unban`)
    await until(async () => (await statusOf('/now/x', { id: linus_ })) === 200, followsMs)
    expect((await scene.ask('/now/x', 'linus')).body).toMatchObject({ code: 'session-ended' })
  })
})

describe('a deletion at Clerk', () => {
  it('keeps a tombstone: the id and the number, and nothing of the person', async () => {
    const mary = await newcomer('Mary')
    await until(async () => (await nameOf(mary.id)) === 'Mary')
    const { number } = (await scene.record(mary.id)) ?? {}
    expect((await scene.clerk('DELETE', `/users/${mary.id}`)).status).toBe(200)
    await until(async () => (await scene.record(mary.id))?.status === 'deleted')
    const left = await scene.record(mary.id)
    expect(left).toMatchObject({ id: mary.id, number, email: null, first_name: null })
    expect(JSON.stringify(left)).not.toMatch(/mary@|Mary/)
    expect((await scene.ask('/now/x', mary)).status).toBe(401)
  })
})

describe('somebody new who comes twenty times at once', () => {
  it('is one record, whichever is first, they or the webhook', async () => {
    const grown = await Promise.all(
      ['Emmy', 'Sofia', 'Hedy'].map(async (name) => {
        const user = await newcomer(name)
        const asked = Array.from({ length: 20 }, () => scene.ask('/api/echo', user))
        const statuses = (await Promise.all(asked)).map(({ status }) => status)
        expect(statuses).toEqual(statuses.map(() => 200))
        return { name, ...user }
      }),
    )
    await scene.settled()
    const numbers = new Set<unknown>()
    for (const { name, id, email } of grown) {
      const { body } = await scene.ask(`/_usher/api/users?q=${encodeURIComponent(email)}`, 'ada')
      expect(at(body, 'data')).toMatchObject([{ id, first_name: name }])
      numbers.add(at(body, 'data.0.number'))
    }
    expect(numbers.size).toBe(grown.length)
  })
})

describe('webhooks that come', () => {
  const rename = (id: string, first_name: string) =>
    scene.clerk('PATCH', `/users/${id}`, { first_name })

  it('twice leave what they say once', async () => {
    await scene.flip({ webhooks: 'twice' })
    const ruth = await newcomer('Ruth')
    await rename(ruth.id, 'Ruth the second')
    await scene.settled()
    expect(await nameOf(ruth.id)).toBe('Ruth the second')
    const sent = (await scene.deliveries()).slice(0, 2).map(({ attempts }) => attempts.length)
    expect(sent).toEqual([2, 2])
    const { body } = await scene.ask(`/_usher/api/webhooks?subject=${ruth.id}`, 'ada')
    expect(at(body, 'data')).toHaveLength(2)
  })

  it('in the wrong order leave the newest, and a membership before its user and organisation', async () => {
    await scene.flip({ webhooks: 'out-of-order' })
    const alan = await newcomer('Alan')
    await rename(alan.id, 'Alan the second')
    const made = await scene.clerk('POST', '/organizations', {
      ...{ name: 'Bletchley', created_by: alan.id },
    })
    const organizationId = textAt(made.body, 'id')
    await rename(alan.id, 'Alan the third')
    expect(await scene.record(alan.id)).toBeUndefined()
    await scene.flip({ turnClockMs: 15_000 })
    await scene.settled()
    expect(await nameOf(alan.id)).toBe('Alan the third')
    const { body } = await scene.ask(`/_usher/api/memberships?user_id=${alan.id}`, 'ada')
    expect(JSON.stringify(at(body, 'data'))).toContain(organizationId)
    await scene.flip({ mend: true })
  })

  it('late change nothing that is newer, and wake nobody who is gone', async () => {
    const [grace, joan] = [await newcomer('Grace'), await newcomer('Joan')]
    await until(async () => (await nameOf(joan.id)) === 'Joan')
    await scene.flip({ webhooks: 'late' })
    await rename(grace.id, 'of yesterday')
    await rename(joan.id, 'of yesterday')
    await scene.flip({ webhooks: 'as-they-are' })
    await rename(grace.id, 'of today')
    await scene.clerk('DELETE', `/users/${joan.id}`)
    await until(async () => (await nameOf(grace.id)) === 'of today')
    await until(async () => (await scene.record(joan.id))?.status === 'deleted')
    await scene.flip({ turnClockMs: 90_000 })
    await scene.settled()
    expect(await nameOf(grace.id)).toBe('of today')
    expect(await scene.record(joan.id)).toMatchObject({ status: 'deleted', first_name: null })
    await scene.flip({ mend: true })
  })

  it('and were refused come again, and are taken', async () => {
    await scene.flip({ webhooks: 'bad-signature' })
    const rosa = await newcomer('Rosa')
    await until(async () => (await scene.deliveries())[0]?.attempts.length === 1)
    expect((await scene.deliveries())[0]).toMatchObject({ attempts: [{ status: 400 }] })
    expect(await scene.record(rosa.id)).toBeUndefined()
    await scene.flip({ webhooks: 'as-they-are', turnClockMs: 10_000 })
    await scene.settled()
    expect(await nameOf(rosa.id)).toBe('Rosa')
    await scene.flip({ mend: true })
  })

  it('while the gateway was down come when it is there again', async () => {
    await scene.flip({ webhooks: 'late' })
    const vera = await newcomer('Vera')
    await scene.stop()
    await scene.restart()
    expect(await scene.record(vera.id)).toBeUndefined()
    await scene.flip({ webhooks: 'as-they-are', turnClockMs: 90_000 })
    await until(async () => (await nameOf(vera.id)) === 'Vera')
    await scene.flip({ mend: true })
  })
})
