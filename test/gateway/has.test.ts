import { reverificationErrorResponse, signedInAuthObject } from '@clerk/backend/internal'
import { isReverificationHint } from '@clerk/shared/authorization-errors'
import { describe, expect, it } from 'vitest'
import { type Reverification, reverifications } from '../../src/model/condition.ts'
import type { Claims } from '../../src/model/principal.ts'
import { attempt, compileAccess, principalOf } from '../support/policy.ts'
import { createWorld } from '../support/world.ts'
import { nonsense, type Question, questions, tokens } from './has.cases.ts'

type Session = ReturnType<typeof signedInAuthObject>

/** Clerk's own answers about a token. Where it throws instead of reading the claims, there is no yes. */
function clerksHas(claims: Claims): (question: Question) => boolean {
  const own = { sub: 'user_ada', sid: 'sess_ada', ...claims }
  try {
    const { has } = signedInAuthObject({}, '', own as unknown as Session['sessionClaims'])
    return (question) => has(question as Parameters<Session['has']>[0])
  } catch {
    return () => false
  }
}

/** Clerk takes `admin` for `org:admin`; here a bare name would be Usher's own. */
function asPolicy({ role, permission, ...others }: Question): Question {
  const prefixed = Object.entries({ role, permission })
    .filter(([, name]) => name !== undefined)
    .map(([word, name]) => [word, String(name).replace(/^(?:org:)*/, 'org:')])
  return { ...Object.fromEntries(prefixed), ...others }
}

const people = Object.entries(tokens).map(([name, claims]) => ({
  name,
  principal: principalOf(claims),
  has: clerksHas(claims),
}))

/** The cases in which a question, written down as a policy, is not answered as Clerk answers it. */
function disagreements(write: (question: Question) => unknown): string[] {
  return questions.flatMap((question) => {
    const access = compileAccess(write(question))
    return people
      .filter(({ principal, has }) => {
        const passes = access && principal && attempt(access, { principal }) === undefined
        return (passes ?? false) !== has(question)
      })
      .map(({ name }) => `${name}: ${JSON.stringify(question)}`)
  })
}

describe("a policy says what Clerk's has() says", () => {
  it('of every token and every question', () => {
    expect(disagreements(asPolicy)).toEqual([])
  })

  it('and every question is a policy that compiles', () => {
    expect(questions.filter((one) => compileAccess(asPolicy(one)) === undefined)).toEqual([])
  })

  it('in enough cases, yes and no, of each word and of several together', () => {
    const table = people.flatMap(({ has }) =>
      questions.map((question) => ({ words: Object.keys(question), holds: has(question) })),
    )
    const held = table.filter(({ holds }) => holds)
    expect(table.length).toBeGreaterThanOrEqual(2500)
    expect(held.length).toBeGreaterThanOrEqual(600)
    expect(table.length - held.length).toBeGreaterThanOrEqual(600)
    for (const word of ['role', 'permission', 'feature', 'plan', 'reverification']) {
      const asking = table.filter(({ words }) => words.includes(word))
      const passing = asking.filter(({ holds }) => holds)
      expect(passing.length).toBeGreaterThan(60)
      expect(asking.length - passing.length).toBeGreaterThan(60)
    }
    expect(held.filter(({ words }) => words.length > 1).length).toBeGreaterThan(60)
    expect(held.filter(({ words }) => words.length === 5).length).toBeGreaterThan(5)
  })

  const faulty: [string, (policy: Question) => unknown][] = [
    ['one word of several is enough', (policy) => ({ any: apart(policy) })],
    ['it does not matter whose a feature is', (policy) => retold(policy, /^[a-z]+:(?=\w+$)/, '')],
    ['a bare feature is the user’s', (policy) => retold(policy, /^(?=\w+$)/, 'user:')],
    ['a bare feature is the organisation’s', (policy) => retold(policy, /^(?=\w+$)/, 'org:')],
    ['moderate is lax', (policy) => retold(policy, /^moderate$/, 'lax')],
    ['strict is moderate', (policy) => retold(policy, /^strict$/, 'moderate')],
    ['strict asks for both factors', (policy) => retold(policy, /^strict$/, 'strict_mfa')],
    ['an age may be what was asked for', (policy) => levelled(policy, (level) => level, 1e-9)],
    ['every level is the first factor', (policy) => levelled(policy, () => 'first_factor')],
    ['every level is the second factor', (policy) => levelled(policy, () => 'second_factor')],
    ['every level is both factors', (policy) => levelled(policy, () => 'multi_factor')],
  ]
  it.each(faulty)('and would not, if %s', (_, write) => {
    expect(disagreements((question) => write(asPolicy(question)))).not.toEqual([])
  })
})

function apart(policy: Question): Question[] {
  return Object.entries(policy).map(([word, asked]) => ({ [word]: asked }))
}

/** The words that ask for what Clerk sells or verifies, in other words. */
function retold(policy: Question, from: RegExp, to: string): Question {
  return Object.fromEntries(
    Object.entries(policy).map(([word, asked]) => {
      const isMeant = ['feature', 'plan', 'reverification'].includes(word)
      return [word, isMeant && typeof asked === 'string' ? asked.replace(from, to) : asked]
    }),
  )
}

function levelled(
  policy: Question,
  toLevel: (level: unknown) => unknown,
  moreMinutes = 0,
): Question {
  const { reverification } = policy
  if (typeof reverification !== 'object') return policy
  const { level, afterMinutes } = { level: '', afterMinutes: 0, ...reverification }
  const asked = { level: toLevel(level), afterMinutes: afterMinutes + moreMinutes }
  return { ...policy, reverification: asked }
}

describe('what Clerk answers everyone with no', () => {
  it.each(nonsense)('is no policy that compiles: %j', (question) => {
    expect(people.filter(({ has }) => has(question))).toEqual([])
    expect(compileAccess(question)).toBeUndefined()
  })
})

describe('a refusal for want of reverification', () => {
  const ownLevels: Reverification[] = [{ level: 'multi_factor', afterMinutes: 5 }]
  it.each([...reverifications, ...ownLevels])(
    "is one that Clerk's components understand: %j",
    async (reverification) => {
      const access = { reverification }
      const world = await createWorld({
        config: { routes: [{ path: '/**', origin: 'api', access }] },
      })
      const response = await world.get('/transfer', await world.token({ fva: [2000, 2000] }))
      const body: unknown = await response.json()
      const clerks = reverificationErrorResponse(reverification)
      expect(response.status).toBe(clerks.status)
      expect(isReverificationHint(body)).toBe(true)
      expect(body).toMatchObject({
        code: 'reverification-needed',
        ...(await clerks.json<object>()),
      })
      expect((await world.get('/transfer', await world.token({ fva: [0, 0] }))).status).toBe(200)
    },
  )

  it('and no other refusal is one', async () => {
    const access = { plan: 'pro' }
    const world = await createWorld({
      config: { routes: [{ path: '/**', origin: 'api', access }] },
    })
    const response = await world.get('/transfer', await world.token())
    expect(response.status).toBe(403)
    expect(isReverificationHint(await response.json())).toBe(false)
  })
})
