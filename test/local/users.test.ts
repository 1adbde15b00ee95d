import { describe, expect, it } from 'vitest'
import { localAdministrators, localOrganizations, localUsers } from '../../src/local/clerk/users.ts'

describe('the local users', () => {
  it('have identifiers of the shape of Clerk', () => {
    for (const user of localUsers.values()) {
      expect(user.id).toMatch(/^user_\w{27}$/)
      expect(user.sessionId).toMatch(/^sess_\w{27}$/)
    }
    for (const organization of localOrganizations.values()) {
      expect(organization.id).toMatch(/^org_\w{27}$/)
    }
  })

  it('are three different people', () => {
    const users = [...localUsers.values()]
    for (const key of ['id', 'sessionId', 'number', 'email'] as const) {
      expect(new Set(users.map((user) => user[key])).size).toBe(3)
    }
  })

  it("keep Usher's administrator and the organisation's apart", () => {
    expect(localAdministrators).toEqual(['ada'])
    const members = localOrganizations.get('acme')?.members
    expect([...(members?.keys() ?? [])]).toEqual(['grace'])
    expect(members?.get('grace')?.role).toBe('org:admin')
  })
})
