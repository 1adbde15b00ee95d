import { beforeAll, describe, expect, it } from 'vitest'
import type { BackendApi } from '../../src/clerk/client.ts'
import {
  banUser,
  deleteUser,
  listSessions,
  mergeMetadata,
  revokeSession,
  unbanUser,
} from '../../src/clerk/deeds.ts'
import { type ClerkEvent, changesOf } from '../../src/clerk/webhook-changes.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import type { Result } from '../../src/model/result.ts'
import { createTestStandIn, type TestStandIn } from '../support/stand-in.ts'

// What is done at Clerk, done at the stand-in, which takes no call that Clerk's description does not have.

const linus = localUsers.get('linus')?.id ?? ''

let kit: TestStandIn
let api: BackendApi
beforeAll(async () => {
  kit = await createTestStandIn()
  api = {
    apiUrl: 'http://127.0.0.1/backend',
    secretKey: kit.settings.secretKey,
    send: kit.fetch,
    clock: { now: () => kit.standIn.world.clock.now(), after: () => () => {} },
  }
})

function changeIn(done: Result<ClerkEvent, Refusal>) {
  if (!done.ok) throw new Error(done.error.code)
  return changesOf(done.value)
}

describe('what Clerk answers to a deed is what its webhook will say', () => {
  it('of a ban, and of its end', async () => {
    expect(changeIn(await banUser(linus, api))).toMatchObject([
      { kind: 'user', id: linus, profile: { status: 'banned' } },
    ])
    expect(changeIn(await unbanUser(linus, api))).toMatchObject([
      { kind: 'user', id: linus, profile: { status: 'active' } },
    ])
  })

  it('of metadata, whose other members stay', async () => {
    const backend = kit.backend()
    await backend.patch(`/users/${linus}/metadata`, { public_metadata: { team: 'blue' } })
    await mergeMetadata({ userId: linus, publicMetadata: { roles: ['user'] } }, api)
    await mergeMetadata({ userId: linus, publicMetadata: { roles: [] } }, api)
    const { body } = await backend.get(`/users/${linus}`)
    expect(body).toMatchObject({ public_metadata: { team: 'blue', roles: [] } })
  })

  it('of a session that is revoked', async () => {
    const backend = kit.backend()
    const { body } = await backend.post('/sessions', { user_id: linus })
    const id = String((body as { id: unknown }).id)
    const listed = await listSessions({ userId: linus, status: 'active', offset: 0, limit: 9 }, api)
    expect(listed.ok && listed.value.map((one) => one.id)).toContain(id)
    const [change] = changeIn(await revokeSession(id, api)).filter(({ kind }) => kind === 'object')
    expect(change).toMatchObject({ id, object: 'session', owner: linus, status: 'revoked' })
    expect(changeIn(await revokeSession(id, api))).toMatchObject([{ status: 'revoked' }])
  })

  it('of a deletion, and then there is nobody', async () => {
    expect(changeIn(await deleteUser(linus, api))).toMatchObject([
      { kind: 'user-deleted', id: linus },
    ])
    for (const deed of [banUser, unbanUser, deleteUser]) {
      expect(await deed(linus, api)).toMatchObject({ error: { code: 'record-unknown' } })
    }
    expect(await revokeSession('sess_none', api)).toMatchObject({
      error: { code: 'record-unknown' },
    })
  })
})
