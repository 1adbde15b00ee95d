import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openPeopleScene, type Scene } from './people-scene.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openPeopleScene()
  await env.DB.batch([
    env.DB.prepare(`
      INSERT INTO organizations (id, name, slug, status, created_at, updated_at, told_at) VALUES
      ('org_acme', 'Acme', 'acme', 'active', 3, 30, 31), ('org_old', 'Old', NULL, 'deleted', 2, 20, 21),
      ('org_stub', '', NULL, 'active', 1, 0, 0)`),
    env.DB.prepare(`
      INSERT INTO memberships (id, organization_id, user_id, role, permissions, status, created_at) VALUES
      ('orgmem_1', 'org_acme', 'user_linus', 'org:admin', '["org:a:b"]', 'active', 1),
      ('orgmem_2', 'org_acme', 'user_grace', 'org:member', '[]', 'active', 2),
      ('orgmem_3', 'org_acme', 'user_omar', 'org:member', '[]', 'deleted', 3)`),
  ])
})

const ids = (body: { data: readonly { id: string }[] }) => body.data.map(({ id }) => id)

describe('organisations', () => {
  it('are listed by a part of what they are called, and by whether they are still there', async () => {
    const list = async (query: string) =>
      ids((await scene.call('omar', `GET /organizations${query}`)).body)
    expect(await list('')).toEqual(['org_acme', 'org_old', 'org_stub'])
    expect(await list('?q=ACM')).toEqual(['org_acme'])
    expect(await list('?status=deleted')).toEqual(['org_old'])
    expect(await list('?q=%25')).toEqual([])
  })

  it('are shown with how many belong to them, and how new that is', async () => {
    const { body, headers } = await scene.call('omar', 'GET /organizations/org_acme')
    expect(body).toEqual({
      ...{ id: 'org_acme', name: 'Acme', slug: 'acme', image_url: null, status: 'active' },
      ...{ created_at: 3, updated_at: 30, told_at: 31, members: 2 },
    })
    expect(headers.get('etag')).not.toBeNull()
    expect((await scene.call('omar', 'GET /organizations/org_none')).status).toBe(404)
    expect((await scene.call('omar', 'GET /organizations/none')).status).toBe(400)
  })
})

describe('memberships', () => {
  it('are listed by person, by organisation, and a page at a time', async () => {
    const list = async (query: string) =>
      (await scene.call('omar', `GET /memberships${query}`)).body
    expect(ids(await list('?organization_id=org_acme'))).toEqual([
      'orgmem_3',
      'orgmem_2',
      'orgmem_1',
    ])
    expect(ids(await list('?user_id=user_linus'))).toEqual(['orgmem_1'])
    expect(ids(await list('?status=active&organization_id=org_none'))).toEqual([])
    const first = await list('?limit=2')
    const second = await list(`?limit=2&cursor=${first.next_cursor}`)
    expect([ids(first), ids(second), second.next_cursor]).toEqual([
      ...[['orgmem_3', 'orgmem_2'], ['orgmem_1'], null],
    ])
    expect(second.data[0]).toMatchObject({ role: 'org:admin', permissions: ['org:a:b'] })
  })

  it('are not looked for by what no list understands', async () => {
    for (const query of ['user_id=', 'status=pending', 'cursor=WzFd', 'role=org:admin']) {
      const { status } = await scene.call('omar', `GET /memberships?${query}`)
      expect([query, status]).toEqual([query, 400])
    }
  })
})
