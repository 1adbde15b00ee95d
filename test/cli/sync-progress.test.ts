import { describe, expect, it } from 'vitest'
import { endingOf, lineOf, readRun, refusalError, stageLine } from '../../src/cli/sync-progress.ts'

// What a gateway says of a sync is shown in one line, and nothing of it speaks to the terminal.

const users = { seen: 4500, total: 10_000, changed: 4400 }
const run = {
  ...{ id: 'sync_1', kind: 'backfill', state: 'running', stage: 'users', error: null },
  progress: { users },
}

describe('the line', () => {
  it('has a bar, and numbers for what was walked', () => {
    expect(lineOf(readRun(run))).toBe('users ███████████░░░░░░░░░░░░░ 4,500 of 10,000')
    const next = { ...run, stage: 'organizations', error: 'clerk-unavailable' }
    expect(lineOf(readRun(next))).toBe(
      'organizations ░░░░░░░░░░░░░░░░░░░░░░░░ 0  users 4,500  (clerk-unavailable)',
    )
  })

  it('is never longer than the bar, however many more there are than were counted', () => {
    const more = { ...run, progress: { users: { ...users, seen: 20_000 } } }
    expect(lineOf(readRun(more))).toBe(`users ${'█'.repeat(24)} 20,000 of 10,000`)
    expect(stageLine(readRun(more))).toBe('running users 100 %')
  })

  it('without a terminal changes with every tenth', () => {
    const lines = [0, 999, 1000, 4500, 10_000].map((seen) =>
      stageLine(readRun({ ...run, progress: { users: { ...users, seen } } })),
    )
    expect(lines.map((line) => line.replace('running users ', ''))).toEqual([
      ...['0 %', '0 %', '10 %', '40 %', '100 %'],
    ])
  })
})

describe('the end', () => {
  it('says what was looked at', () => {
    expect(endingOf(readRun({ ...run, state: 'done' }))).toBe(
      'The sync is done.\n  users          4,500 looked at, 4,400 changed',
    )
    expect(endingOf(readRun({ ...run, state: 'failed', error: 'too-many-missing' }))).toContain(
      'that of another instance?',
    )
  })

  const words = [
    ...['clerk-key-refused', 'clerk-key-missing', 'clerk-unavailable', 'clerk-refused'],
    ...['too-many-missing', 'workflow-unavailable', 'too-slow', 'lost'],
  ]
  it.each(words)('%s is put into a sentence', (error) => {
    expect(endingOf(readRun({ ...run, state: 'failed', error }))).not.toContain(`: ${error}.`)
  })
})

describe('an answer', () => {
  const odd: readonly unknown[] = [null, [], 'run', 7, {}, { id: 'sync_1' }, { ...run, id: '../x' }]
  for (const value of odd) {
    it(`that is no run is none: ${JSON.stringify(value)}`, () => {
      expect(() => readRun(value)).toThrow('something else than a sync')
    })
  }

  it('never speaks to the terminal', () => {
    const hostile = '\u001b]0;x\u0007\u202e'
    const told = readRun({
      ...{ id: 'sync_1', state: `running${hostile}`, stage: hostile, error: hostile },
      progress: { [hostile]: { seen: 'many', total: Number.NaN, changed: {} } },
    })
    const shown = [lineOf(told), stageLine(told), endingOf(told)].join('').replaceAll('\n', '')
    expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(shown).toContain('0')
  })
})

describe('a refusal', () => {
  const refusals: readonly (readonly [status: number, code: string, sentence: string])[] = [
    [501, 'binding-missing', 'bind SYNC'],
    [503, 'clerk-unavailable', 'no CLERK_SECRET_KEY'],
    [403, 'permission-missing', 'may not start a sync'],
    [403, 'scope-missing', 'not made for this'],
    [404, 'route-unknown', 'no operator API'],
    [401, 'token-expired', '401 token-expired'],
    [500, '\u001b[2Jrm', '500 2Jrm'],
  ]
  for (const [status, code, sentence] of refusals) {
    it(`${status} ${JSON.stringify(code)} is put into words`, () => {
      expect(refusalError({ status, code }).message).toContain(sentence)
    })
  }

  it('without a code has its status', () => {
    expect(refusalError({ status: 502, code: undefined }).message).toBe(
      'The gateway answered with 502.',
    )
  })
})
