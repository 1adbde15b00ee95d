import { describe, expect, it } from 'vitest'
import { changesOf } from '../../src/clerk/webhook-changes.ts'
import type { MirrorChange } from '../../src/model/mirror.ts'
import { webhookTypes } from '../support/webhook-types.ts'
import { cases, session, toldAtMs, user } from './webhook-changes.cases.ts'

const dayMs = 24 * 60 * 60_000

const silent = ['email.created', 'sms.created', 'paymentAttempt.created', 'paymentAttempt.updated']
const read = (type: string, data: object) => changesOf({ type, data: { ...data }, toldAtMs })

describe('a webhook', () => {
  it('is of one of 45 types, each of which is here', () => {
    const here = [...cases.map(([type]) => type), ...silent]
    expect(here.sort()).toEqual([...webhookTypes].sort())
  })

  it.each(cases)('comes to what it says is so: %s', (type, data, changes) => {
    expect(read(type, data)).toEqual(changes)
  })

  it.each([...silent, 'user.archived', 'user', 'user.updated.', '', '.', 'session.deleted', 'x.y'])(
    'changes nothing where it is of another type: %s',
    (type) => {
      expect(read(type, user)).toEqual([])
    },
  )

  it('brings nothing of any metadata, of a link or of an address of the network', () => {
    const all = JSON.stringify(cases.map(([type, data]) => read(type, data)))
    for (const word of ['metadata', 'hunter2', 'ticket', '192.0.2.1', 'pay@x.test']) {
      expect(all).not.toContain(word)
    }
  })

  it('whatever is wrong with what it is about, changes nothing and never throws', () => {
    const nonsense = [null, undefined, '', 7, true, [], {}, [null], '../x', 'a b', 'x'.repeat(129)]
    let silenced = 0
    for (const [type, data] of cases) {
      for (const name of Object.keys(data)) {
        for (const value of nonsense) read(type, { ...data, [name]: value })
      }
      for (const id of nonsense) {
        expect(read(type, { ...data, id }), `${type} ${String(id)}`).toEqual([])
        silenced += 1
      }
      expect(read(type, {})).toEqual([])
    }
    expect(silenced).toBe(cases.length * nonsense.length)
  })
})

describe('a user', () => {
  const changed = (members: object) => {
    const [change] = read('user.updated', { ...user, ...members })
    return change?.kind === 'user' ? change : undefined
  }

  it.each<[string, object, object]>([
    ['banned', { banned: true, locked: true }, { status: 'banned' }],
    ['banned when their directory has let them go', { deprovisioned: true }, { status: 'banned' }],
    ['locked', { locked: true }, { status: 'locked' }],
    ['not banned by a word', { banned: 'true' }, { status: 'active' }],
    [
      'without an address when none is the primary one',
      { primary_email_address_id: null },
      { email: null, emailVerified: false },
    ],
    [
      'not of an address without an id, when they say none of theirs',
      { primary_email_address_id: undefined, email_addresses: [{ email_address: 'eve@x.test' }] },
      { email: null },
    ],
    [
      'not of an address that would have to be cut or cleaned',
      { email_addresses: [{ id: 'idn_2', email_address: `${'a'.repeat(320)}@x.test` }] },
      { email: null, emailVerified: false },
    ],
    [
      'of a name that is cut, and has no control characters and no half ones',
      { first_name: `A\u0000d\u202ea${'x'.repeat(300)}`, last_name: 'L\ud800' },
      { firstName: `Ad\u202ea${'x'.repeat(251)}`, lastName: 'L\ufffd' },
    ],
  ])('is %s', (_, members, expected) => {
    expect(changed(members)?.profile).toMatchObject(expected)
  })

  it.each<[string, object, readonly string[] | undefined]>([
    ['whether they are banned and locked', {}, undefined],
    ['nothing but a ban', { banned: true, locked: undefined }, undefined],
    [
      'nothing but that a directory has let them go',
      { banned: undefined, deprovisioned: true },
      undefined,
    ],
    ['nothing of a ban', { banned: undefined }, ['active', 'banned', 'locked']],
    ['a word of a ban', { banned: 'false', locked: true }, ['active', 'banned', 'locked']],
    ['nothing of a lock', { locked: undefined }, ['locked']],
  ])('that says %s leaves as it is what it does not speak of', (_, members, unsaid) => {
    expect(changed(members)?.unsaid).toEqual(unsaid)
  })

  it.each([
    ['seconds', 1_700_000_000, 1_700_000_000_000],
    ['milliseconds', 1_700_000_000_000, 1_700_000_000_000],
    ['microseconds', 1_700_000_000_000_000, 1_700_000_000_000],
    ['less than a day ahead', toldAtMs + dayMs, toldAtMs + dayMs],
    ['more than a day ahead, when it was told', toldAtMs + dayMs + 1, toldAtMs],
    ['of the year 5000, when it was told', 95_617_584_000_000, toldAtMs],
    ['nothing, when it was told', undefined, toldAtMs],
    ['zero, when it was told', 0, toldAtMs],
    ['negative, when it was told', -1, toldAtMs],
    ['a text, when it was told', '2026-01-01', toldAtMs],
    ['no number, when it was told', Number.NaN, toldAtMs],
    ['next to nothing, not zero', 0.0001, 1],
  ])('was changed at a time in %s', (_, updated_at, updatedAt) => {
    expect(changed({ updated_at })?.version).toEqual({ updatedAt, toldAt: toldAtMs })
  })
})

it('the same permissions in another order are the same', () => {
  const [one, other] = [
    ['org:a', 'org:b'],
    ['org:b', 'org:a', 'org:b'],
  ].map((permissions) => {
    const membership = cases.find(([type]) => type === 'organizationMembership.updated')?.[1]
    const role = cases.find(([type]) => type === 'role.updated')?.[1]
    return [
      read('organizationMembership.updated', { ...membership, permissions }),
      read('role.updated', { ...role, permissions: permissions.map((key) => ({ key })) }),
    ]
  })
  expect(one).toEqual(other)
  expect(JSON.stringify(one)).toContain('["org:a","org:b"]')
})

describe('a session', () => {
  const kinds = (data: object) =>
    read('session.created', data).map(({ kind }: MirrorChange) => kind)

  const without = (name: string) => ({
    user: { ...user, primary_email_address_id: null, [name]: undefined },
  })

  it.each<[string, object, readonly string[]]>([
    ['its user', session, ['user', 'object']],
    ['no user who lost their addresses', { user: { ...user, email_addresses: [] } }, ['object']],
    ['no user who does not say whether they are banned', without('banned'), ['object']],
    ['no user who does not say since when they are so', without('updated_at'), ['object']],
    ['no user who says nothing of addresses', without('email_addresses'), ['object']],
    ['no other user', { user: { ...user, id: 'user_2' } }, ['object']],
    ['no user where it shows none', { user: undefined }, ['object']],
    ['nothing where it is nobody’s', { user_id: '' }, []],
  ])('brings %s', (_, members, expected) => {
    expect(kinds({ ...session, ...members })).toEqual(expected)
  })

  it('of a word that nobody knows is neither active nor over', () => {
    expect(read('session.created', { ...session, status: 'asleep' }).at(-1)).toMatchObject({
      status: 'asleep',
    })
  })
})
