import { expect } from 'vitest'
import { totpCode } from '../../../../src/local/clerk/acts/totp.ts'
import { noonMs } from '../../../support/fake-clock.ts'
import type { Case } from './kit.ts'

const totpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

/** Users, their addresses, and what they prove themselves with. */
export const people: Readonly<Record<string, Case>> = {
  async 'users.getUserList'({ sdk, person }) {
    const user = await person()
    const [address] = user.emailAddresses
    const { data, totalCount } = await sdk.users.getUserList({
      emailAddress: [address?.emailAddress ?? ''],
      orderBy: '-created_at',
    })
    expect([data.map(({ id }) => id), totalCount]).toEqual([[user.id], 1])
  },
  async 'users.getUser'({ sdk, ada }) {
    expect(await sdk.users.getUser(ada)).toMatchObject({ id: ada, firstName: 'Ada', banned: false })
  },
  async 'users.createUser'({ sdk, word }) {
    const emailAddress = `${word()}@example.com`
    const user = await sdk.users.createUser({
      emailAddress: [emailAddress],
      phoneNumber: ['+15555550199'],
      username: `${word()}name`,
      password: 'a sound secret',
      firstName: 'Mary',
      publicMetadata: { someKey: { innerKey: 1 } },
      createdAt: new Date(noonMs - 1000),
    })
    expect(user).toMatchObject({
      firstName: 'Mary',
      passwordEnabled: true,
      publicMetadata: { someKey: { innerKey: 1 } },
      createdAt: noonMs - 1000,
      primaryEmailAddress: { emailAddress, verification: { status: 'verified' } },
      primaryPhoneNumber: { phoneNumber: '+15555550199' },
    })
  },
  async 'users.updateUser'({ sdk, person, word }) {
    const { id } = await person()
    const externalId = word()
    const user = await sdk.users.updateUser(id, { firstName: 'Emmy', externalId })
    expect(user).toMatchObject({ id, firstName: 'Emmy', externalId })
    // With metadata, the client asks twice.
    const both = await sdk.users.updateUser(id, { lastName: 'N', unsafeMetadata: { a: 1 } })
    expect(both).toMatchObject({ firstName: 'Emmy', lastName: 'N', unsafeMetadata: { a: 1 } })
  },
  async 'users.replaceUserEmailAddress'({ sdk, person, word }) {
    const { id } = await person()
    const emailAddress = `${word()}@example.com`
    await sdk.users.replaceUserEmailAddress(id, { emailAddress })
    const { emailAddresses, primaryEmailAddress } = await sdk.users.getUser(id)
    expect(emailAddresses.map((one) => one.emailAddress)).toEqual([emailAddress])
    expect(primaryEmailAddress?.emailAddress).toBe(emailAddress)
  },
  async 'users.replaceUserPhoneNumber'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.replaceUserPhoneNumber(id, { phoneNumber: '+15555550123' })
    expect((await sdk.users.getUser(id)).primaryPhoneNumber?.phoneNumber).toBe('+15555550123')
  },
  async 'users.updateUserMetadata'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.replaceUserMetadata(id, { publicMetadata: { a: { b: 1, c: 2 } } })
    const merged = { publicMetadata: { a: { b: null, d: 3 } } }
    const user = await sdk.users.updateUserMetadata(id, merged)
    expect(user.publicMetadata).toEqual({ a: { c: 2, d: 3 } })
  },
  async 'users.replaceUserMetadata'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.replaceUserMetadata(id, { privateMetadata: { a: 1 }, unsafeMetadata: { u: 1 } })
    const user = await sdk.users.replaceUserMetadata(id, { privateMetadata: { b: 2 } })
    expect([user.privateMetadata, user.unsafeMetadata]).toEqual([{ b: 2 }, { u: 1 }])
  },
  async 'users.deleteUser'({ sdk, person }) {
    const { id } = await person()
    expect(await sdk.users.deleteUser(id)).toMatchObject({ id, deleted: true })
    await expect(sdk.users.getUser(id)).rejects.toMatchObject({ status: 404 })
  },
  async 'users.getCount'({ sdk, ada }) {
    expect(await sdk.users.getCount({ userId: [ada] })).toBe(1)
  },
  async 'users.disableUserMFA'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.updateUser(id, { totpSecret, backupCodes: ['one'] })
    expect(await sdk.users.disableUserMFA(id)).toEqual({ user_id: id })
    const user = await sdk.users.getUser(id)
    expect([user.totpEnabled, user.backupCodeEnabled]).toEqual([false, false])
  },
  async 'users.removePassword'({ sdk, person }) {
    const { id } = await person()
    expect((await sdk.users.removePassword(id)).passwordEnabled).toBe(false)
  },
  async 'users.verifyPassword'({ sdk, person }) {
    const { id: userId } = await person()
    const right = await sdk.users.verifyPassword({ userId, password: 'a sound secret' })
    expect(right).toEqual({ verified: true })
    await expect(sdk.users.verifyPassword({ userId, password: 'wrong' })).rejects.toMatchObject({
      status: 422,
      errors: [{ code: 'incorrect_password' }],
    })
  },
  async 'users.verifyTOTP'({ sdk, person }) {
    const { id: userId } = await person()
    await sdk.users.updateUser(userId, { totpSecret, backupCodes: ['Backup-1'] })
    const code = await totpCode(totpSecret, noonMs)
    const verify = (shown: string) => sdk.users.verifyTOTP({ userId, code: shown })
    expect(await verify(code)).toMatchObject({ verified: true, code_type: 'totp' })
    await expect(verify(code)).rejects.toMatchObject({ status: 422 })
    expect(await verify('backup-1')).toMatchObject({ verified: true, code_type: 'backup_code' })
    await expect(verify('backup-1')).rejects.toMatchObject({ status: 422 })
  },
  async 'users.banUser'({ sdk, person }) {
    const { id: userId } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    expect((await sdk.users.banUser(userId)).banned).toBe(true)
    expect((await sdk.sessions.getSession(id)).status).toBe('revoked')
  },
  async 'users.unbanUser'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.banUser(id)
    expect((await sdk.users.unbanUser(id)).banned).toBe(false)
  },
  async 'users.lockUser'({ sdk, person }) {
    const { id } = await person()
    expect((await sdk.users.lockUser(id)).locked).toBe(true)
  },
  async 'users.unlockUser'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.lockUser(id)
    expect((await sdk.users.unlockUser(id)).locked).toBe(false)
  },
  async 'users.deleteUserProfileImage'({ sdk, ada }) {
    expect(await sdk.users.deleteUserProfileImage(ada)).toMatchObject({ id: ada, hasImage: false })
  },
  async 'users.deleteUserBackupCodes'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.updateUser(id, { backupCodes: ['one'] })
    await sdk.users.deleteUserBackupCodes(id)
    expect((await sdk.users.getUser(id)).backupCodeEnabled).toBe(false)
  },
  async 'users.deleteUserTOTP'({ sdk, person }) {
    const { id } = await person()
    await sdk.users.updateUser(id, { totpSecret })
    expect((await sdk.users.getUser(id)).totpEnabled).toBe(true)
    await sdk.users.deleteUserTOTP(id)
    expect((await sdk.users.getUser(id)).totpEnabled).toBe(false)
  },
  async 'emailAddresses.createEmailAddress'({ sdk, person, word }) {
    const { id: userId } = await person()
    const emailAddress = `${word()}@example.com`
    const draft = { userId, emailAddress, verified: true, primary: true }
    const { id } = await sdk.emailAddresses.createEmailAddress(draft)
    expect((await sdk.users.getUser(userId)).primaryEmailAddressId).toBe(id)
  },
  async 'emailAddresses.getEmailAddress'({ sdk, person }) {
    const [first] = (await person()).emailAddresses
    const found = await sdk.emailAddresses.getEmailAddress(first?.id ?? '')
    expect(found.emailAddress).toBe(first?.emailAddress)
  },
  async 'emailAddresses.updateEmailAddress'({ sdk, person, word }) {
    const { id: userId } = await person()
    const draft = { userId, emailAddress: `${word()}@example.com` }
    const { id, verification } = await sdk.emailAddresses.createEmailAddress(draft)
    expect(verification).toBeNull()
    const wish = { verified: true, primary: true }
    const updated = await sdk.emailAddresses.updateEmailAddress(id, wish)
    expect(updated.verification?.strategy).toBe('admin')
    expect((await sdk.users.getUser(userId)).primaryEmailAddressId).toBe(id)
  },
  async 'emailAddresses.deleteEmailAddress'({ sdk, person, word }) {
    const { id: userId } = await person()
    const draft = { userId, emailAddress: `${word()}@example.com`, verified: true }
    const { id } = await sdk.emailAddresses.createEmailAddress(draft)
    expect(await sdk.emailAddresses.deleteEmailAddress(id)).toMatchObject({ id, deleted: true })
    expect((await sdk.users.getUser(userId)).emailAddresses).toHaveLength(1)
  },
  async 'phoneNumbers.createPhoneNumber'({ sdk, person }) {
    const { id: userId } = await person()
    const draft = { userId, phoneNumber: '+15555550101', verified: true, primary: true }
    const { id } = await sdk.phoneNumbers.createPhoneNumber(draft)
    expect((await sdk.users.getUser(userId)).primaryPhoneNumberId).toBe(id)
  },
  async 'phoneNumbers.getPhoneNumber'({ sdk, person }) {
    const { id: userId } = await person()
    const draft = { userId, phoneNumber: '+15555550102' }
    const { id } = await sdk.phoneNumbers.createPhoneNumber(draft)
    expect((await sdk.phoneNumbers.getPhoneNumber(id)).phoneNumber).toBe('+15555550102')
  },
  async 'phoneNumbers.updatePhoneNumber'({ sdk, person }) {
    const { id: userId } = await person()
    const draft = { userId, phoneNumber: '+15555550103', verified: true }
    const { id } = await sdk.phoneNumbers.createPhoneNumber(draft)
    await sdk.phoneNumbers.updatePhoneNumber(id, { reservedForSecondFactor: true })
    expect((await sdk.users.getUser(userId)).twoFactorEnabled).toBe(true)
  },
  async 'phoneNumbers.deletePhoneNumber'({ sdk, person }) {
    const { id: userId } = await person()
    const draft = { userId, phoneNumber: '+15555550104', verified: true }
    const { id } = await sdk.phoneNumbers.createPhoneNumber(draft)
    expect(await sdk.phoneNumbers.deletePhoneNumber(id)).toMatchObject({ id, deleted: true })
    expect((await sdk.users.getUser(userId)).primaryPhoneNumberId).toBeNull()
  },
}
