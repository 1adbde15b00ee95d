import { beforeAll, describe, expect, it } from 'vitest'
import {
  checkPassword,
  digestPassword,
  matchesPassword,
} from '../../../src/local/clerk/acts/passwords.ts'
import {
  createUser,
  lockUser,
  noteFailedAttempt,
  unlockUser,
} from '../../../src/local/clerk/acts/people.ts'
import {
  beginTotp,
  makeBackupCodes,
  takeBackupCode,
  takeTotpCode,
  verifyTotp,
} from '../../../src/local/clerk/acts/second-factors.ts'
import { matchingStep, totpCode } from '../../../src/local/clerk/acts/totp.ts'
import { checkUsername } from '../../../src/local/clerk/acts/usernames.ts'
import { lockoutOf } from '../../../src/local/clerk/kernel/lockout.ts'
import type { User } from '../../../src/local/clerk/kernel/records.ts'
import type { World } from '../../../src/local/clerk/kernel/world.ts'
import { complaintOf, peopleOf } from '../../support/people.ts'
import { createTestStandIn } from '../../support/stand-in.ts'

let world: World
let people: ReturnType<typeof peopleOf>
beforeAll(async () => {
  world = (await createTestStandIn()).standIn.world
  people = peopleOf(world)
})

const anybody = () => people.anybody()
const current = (user: User) => people.current(user)

describe('the lock', () => {
  it('falls at the hundredth wrong attempt in a row, for an hour', () => {
    let user = anybody()
    for (let attempt = 1; attempt < 100; attempt++) user = noteFailedAttempt(world, user)
    const now = world.clock.now()
    expect(lockoutOf(user, now)).toMatchObject({ isLocked: false, attemptsRemaining: 1 })
    user = noteFailedAttempt(world, user)
    const locked = { isLocked: true, attemptsRemaining: 0, expiresInSeconds: 3600 }
    expect(lockoutOf(user, now)).toEqual(locked)
    expect(lockoutOf(user, now + 3_599_999).isLocked).toBe(true)
    expect(lockoutOf(user, now + 3_600_000)).toEqual({
      isLocked: false,
      attemptsRemaining: 100,
      expiresInSeconds: null,
    })
  })

  it('begins to count anew when it has ended', async () => {
    const fresh = await createTestStandIn()
    const its = fresh.standIn.world
    let user = lockUser(its, createUser(its, {}))
    fresh.turn(3_600_000)
    user = noteFailedAttempt(its, user)
    expect(lockoutOf(user, its.clock.now())).toMatchObject({
      isLocked: false,
      attemptsRemaining: 99,
    })
  })

  it('is opened by whoever may', () => {
    const user = unlockUser(world, lockUser(world, noteFailedAttempt(world, anybody())))
    const open = { isLocked: false, attemptsRemaining: 100 }
    expect(lockoutOf(user, world.clock.now())).toMatchObject(open)
  })
})

describe('passwords', () => {
  it('are kept so that two alike do not look alike, and only the right one matches', async () => {
    const digests = await Promise.all([digestPassword('a good one'), digestPassword('a good one')])
    expect(new Set(digests).size).toBe(2)
    expect(digests.join()).not.toContain('a good one')
    for (const digest of digests) {
      expect(await matchesPassword('a good one', digest)).toBe(true)
      expect(await matchesPassword('a good One', digest)).toBe(false)
    }
    for (const none of ['', '.', 'abc', '00.']) {
      expect(await matchesPassword('', none)).toBe(false)
    }
  })

  it.each([
    ['form_password_length_too_short', ['', 'seven77', '1234567']],
    ['form_password_length_too_long', ['x'.repeat(73), 'ü'.repeat(37)]],
    ['form_password_pwned', ['password', 'PASSWORD', 'qwerty123']],
    ['none', ['eight888', 'x'.repeat(72), 'ü'.repeat(36)]],
  ])('%s', async (code, passwords) => {
    for (const password of passwords) {
      expect(await complaintOf(() => checkPassword(password))).toBe(code)
    }
  })
})

describe('usernames', () => {
  it.each([
    ['form_username_invalid_length', ['', 'abc', 'a'.repeat(65), '  abc  ']],
    ['form_username_invalid_character', ['with space', 'a@example', 'ünal', 'dot.dot']],
    ['form_username_needs_non_number_char', ['12345', '----', '1_2-3']],
    ['none', ['abcd', 'A'.repeat(64), ' under_score-9 ']],
  ])('%s', async (code, names) => {
    for (const name of names) expect(await complaintOf(() => checkUsername(name))).toBe(code)
  })
})

describe('time-based codes', () => {
  /** RFC 6238 appendix B, SHA-1, the last six digits. */
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238 at %i seconds', async (seconds, code) => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    expect(await totpCode(secret, seconds * 1000)).toBe(code)
    const steps = [-60, -30, 0, 30, 60].map((offset) =>
      matchingStep(secret, code, (seconds + offset) * 1000),
    )
    const found = (await Promise.all(steps)).map((step) => step !== undefined)
    expect(found).toEqual([false, true, true, true, false])
  })

  async function withApp(): Promise<{
    user: User
    secret: string
    backupCodes: readonly string[]
  }> {
    const begun = beginTotp(world, anybody())
    const secret = begun.totpSecret ?? ''
    const code = await totpCode(secret, world.clock.now())
    const { user, backupCodes } = await verifyTotp(world, begun, code)
    return { user, secret, backupCodes: backupCodes ?? [] }
  }

  it('are taken once, and none that is older than the last', async () => {
    const { user, secret } = await withApp()
    const now = world.clock.now()
    const codes = await Promise.all([-30, 0, 30].map((off) => totpCode(secret, now + off * 1000)))
    const [before = '', taken = '', next = ''] = codes
    for (const code of [before, taken, '', '000000', 'abcdef']) {
      expect(await complaintOf(() => takeTotpCode(world, user, code))).toBe('form_code_incorrect')
    }
    await takeTotpCode(world, user, next)
    const later = current(user)
    expect(await complaintOf(() => takeTotpCode(world, later, next))).toBe('form_code_incorrect')
  })

  it('come with ten backup codes, each good once', async () => {
    const { user, backupCodes } = await withApp()
    expect(new Set(backupCodes).size).toBe(10)
    const [first = '', second = ''] = backupCodes
    expect(JSON.stringify(user)).not.toContain(first)
    const after = await takeBackupCode(world, user, first.toUpperCase())
    expect(after.backupCodes).toHaveLength(9)
    const kept = current(user)
    expect(await complaintOf(() => takeBackupCode(world, kept, first))).toBe('form_code_incorrect')
    await makeBackupCodes(world, kept)
    const renewed = current(user)
    expect(await complaintOf(() => takeBackupCode(world, renewed, second))).toBe(
      'form_code_incorrect',
    )
  })

  it('cannot be begun anew where they are in use, and backup codes are for nobody else', async () => {
    const { user } = await withApp()
    expect(await complaintOf(() => beginTotp(world, user))).toBe('totp_already_enabled')
    expect(await complaintOf(() => makeBackupCodes(world, anybody()))).toBe(
      'backup_codes_not_available',
    )
  })
})
