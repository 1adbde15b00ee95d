import { expect } from 'vitest'
import type { Case, Kit } from './kit.ts'

async function newRedirectUrl({ sdk, word }: Kit) {
  return sdk.redirectUrls.createRedirectUrl({ url: `app-${word()}://callback` })
}

async function newInvitation({ sdk, word }: Kit) {
  return sdk.invitations.createInvitation({ emailAddress: `${word()}@example.com` })
}

async function newEntry({ sdk, word }: Kit) {
  return sdk.waitlistEntries.create({ emailAddress: `${word()}@example.com`, notify: false })
}

/** The instance itself, who is invited to it, and who waits for it. */
export const instance: Readonly<Record<string, Case>> = {
  async 'instance.get'({ sdk }) {
    expect(await sdk.instance.get()).toMatchObject({ environmentType: 'production' })
  },
  async 'domains.list'({ sdk }) {
    expect((await sdk.domains.list()).data).toMatchObject([{ isSatellite: false }])
  },
  async 'redirectUrls.getRedirectUrlList'(kit) {
    const { id } = await newRedirectUrl(kit)
    const { data } = await kit.sdk.redirectUrls.getRedirectUrlList()
    expect(data.map((one) => one.id)).toContain(id)
  },
  async 'redirectUrls.getRedirectUrl'(kit) {
    const { id, url } = await newRedirectUrl(kit)
    expect(await kit.sdk.redirectUrls.getRedirectUrl(id)).toMatchObject({ id, url })
  },
  async 'redirectUrls.createRedirectUrl'(kit) {
    const { url } = await newRedirectUrl(kit)
    const again = kit.sdk.redirectUrls.createRedirectUrl({ url })
    await expect(again).rejects.toMatchObject({ status: 422 })
  },
  async 'redirectUrls.deleteRedirectUrl'(kit) {
    const { id } = await newRedirectUrl(kit)
    await kit.sdk.redirectUrls.deleteRedirectUrl(id)
    await expect(kit.sdk.redirectUrls.getRedirectUrl(id)).rejects.toMatchObject({ status: 404 })
  },
  async 'invitations.getInvitationList'(kit) {
    const { id } = await newInvitation(kit)
    const { data } = await kit.sdk.invitations.getInvitationList({ status: 'pending', limit: 100 })
    expect(data.map((one) => one.id)).toContain(id)
  },
  async 'invitations.createInvitation'(kit) {
    const { emailAddress, status } = await newInvitation(kit)
    expect(status).toBe('pending')
    expect(kit.clerk.lastMessage(emailAddress).link).toContain('__clerk_ticket=')
  },
  async 'invitations.createInvitationBulk'({ sdk, word }) {
    const drafts = [1, 2].map(() => ({ emailAddress: `${word()}@example.com` }))
    const made = await sdk.invitations.createInvitationBulk(drafts)
    expect(JSON.stringify(made)).toContain(drafts[1]?.emailAddress)
  },
  async 'invitations.revokeInvitation'(kit) {
    const { id } = await newInvitation(kit)
    expect((await kit.sdk.invitations.revokeInvitation(id)).status).toBe('revoked')
  },
  async 'waitlistEntries.list'(kit) {
    const { id } = await newEntry(kit)
    const { data } = await kit.sdk.waitlistEntries.list({ limit: 100 })
    expect(data.map((one) => one.id)).toContain(id)
  },
  async 'waitlistEntries.create'(kit) {
    expect((await newEntry(kit)).status).toBe('pending')
  },
  async 'waitlistEntries.createBulk'({ sdk, word }) {
    const drafts = [1, 2].map(() => ({ emailAddress: `${word()}@example.com` }))
    const made = await sdk.waitlistEntries.createBulk(drafts)
    expect(made.map(({ emailAddress }) => emailAddress)).toEqual(
      drafts.map(({ emailAddress }) => emailAddress),
    )
  },
  async 'waitlistEntries.invite'(kit) {
    const { id } = await newEntry(kit)
    expect((await kit.sdk.waitlistEntries.invite(id)).status).toBe('invited')
  },
  async 'waitlistEntries.reject'(kit) {
    const { id } = await newEntry(kit)
    expect((await kit.sdk.waitlistEntries.reject(id)).status).toBe('rejected')
  },
  async 'waitlistEntries.delete'(kit) {
    const { id } = await newEntry(kit)
    expect(await kit.sdk.waitlistEntries.delete(id)).toMatchObject({ id, deleted: true })
  },
}
