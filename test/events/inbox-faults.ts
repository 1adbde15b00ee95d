import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { type InboxScene, openInbox } from './inbox-scene.ts'

/** Whether the call that fails was made. */
export type FailingCall = 'before a call' | 'after a call, whose answer is lost'

const callsMax = 100

/**
 * Tells of all bodies, one after the other; while the last is applied, the database fails from its first call on, then
 * from its second, and so on. Each time the webhook is to come again, and then everything is to be as if nothing had
 * failed. In how many places something did.
 */
export async function failEverywhere(
  bodies: readonly string[],
  when: FailingCall,
): Promise<number> {
  const undisturbed = await openAfter(bodies)
  expect(await undisturbed.drain()).toEqual({ msg_last: 'done' })
  const expected = await traces()
  expect(expected.webhook_inbox).toHaveLength(bodies.length)
  for (let calls = 0; calls < callsMax; calls++) {
    const inbox = await openAfter(bodies)
    const losesAnswer = when === 'after a call, whose answer is lost'
    Object.assign(inbox, { callsLeft: calls, losesAnswer })
    const fates = await inbox.drain()
    inbox.callsLeft = Infinity
    if (fates.msg_last !== 'done') {
      expect((await inbox.row('msg_last'))?.error ?? 'D1_ERROR').toBe('D1_ERROR')
      const again = await inbox.consume([{ kind: 'webhook', id: 'msg_last' }], 2)
      expect(again).toEqual({ msg_last: 'done' })
    }
    expect(await traces()).toEqual(expected)
    if (fates.msg_last === 'done') return calls
  }
  throw new Error('The webhook was never applied')
}

/** The inbox when all but the last are applied, and that one is in the queue. */
async function openAfter(bodies: readonly string[]): Promise<InboxScene> {
  const inbox = await openInbox()
  for (const [at, body] of bodies.entries()) {
    const isLast = at === bodies.length - 1
    await inbox.take({ id: isLast ? 'msg_last' : `msg_${at}`, body })
    if (!isLast) await inbox.drain()
  }
  return inbox
}

/** Everything that a webhook leaves behind, but for how often it was tried and what is random. */
const kept: Readonly<Record<string, string>> = {
  users: '* FROM users ORDER BY id',
  organizations: '* FROM organizations ORDER BY id',
  memberships: '* FROM memberships ORDER BY id',
  clerk_objects: '* FROM clerk_objects ORDER BY kind, id',
  ended_sessions: '* FROM ended_sessions ORDER BY session_id',
  role_grants: '* FROM role_grants ORDER BY user_id, role, organization_id',
  event_counters: '* FROM event_counters ORDER BY subject',
  events: 'type, subject, sequence, at, data FROM events ORDER BY subject, sequence',
  audit: 'at, actor, action, subject, before, after, request_id FROM audit ORDER BY id',
  webhook_inbox: 'id, state, applied_at, error FROM webhook_inbox ORDER BY id',
}

async function traces(): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const names = Object.keys(kept)
  const answers = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT ${kept[name]}`)))
  return Object.fromEntries(names.map((name, at) => [name, answers[at]?.results ?? []]))
}
