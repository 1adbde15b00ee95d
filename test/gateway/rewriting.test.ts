import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { rewrite } from '../../src/gateway/rewrite.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import { rarities } from '../support/tally.ts'
import { checkRewrites, type Rewriting, variety } from './rewriting.property.ts'

it('of six thousand rewritten targets none reaches another path than its config says', {
  timeout: 60_000,
}, () => {
  const tally = checkRewrites(300)
  expect(rarities(tally, 6_000, variety)).toEqual([])
})

describe('this law is broken by a rewrite that', () => {
  const changing =
    (change: (path: string, asked: CanonicalTarget) => string): Rewriting =>
    (target, route, prefix) => {
      const sent = rewrite(target, route, prefix)
      return sent.ok ? ok({ ...sent.value, path: change(sent.value.path, target) }) : sent
    }
  const wrong: readonly (readonly [string, string, Rewriting])[] = [
    ['undoes an escape', 'instead of', changing((path) => path.replace(/%2F/g, '/'))],
    ['escapes once more', 'instead of', changing((path) => path.replaceAll('%', '%25'))],
    ['drops a trailing slash', 'instead of', changing((path) => path.replace(/(?<=.)\/$/, ''))],
    ['lets dots through', 'instead of', changing((path) => `${path}/..`)],
    ['changes nothing', 'instead of', changing((_path, asked) => asked.path)],
    [
      'guards another prefix',
      'can be read as a reserved prefix',
      (target, route) => rewrite(target, route, '/_elsewhere'),
    ],
    ['refuses too much', 'refused', () => refuse('route-unknown')],
  ]
  /** What the property found, without all the targets that it tried. */
  const faultOf = (check: () => unknown): string => {
    try {
      check()
      return 'nothing'
    } catch (thrown) {
      return String(thrown instanceof Error && thrown.cause)
    }
  }
  it.each(wrong)('%s: %s', (_, fault, rewriting) => {
    expect(faultOf(() => checkRewrites(300, rewriting))).toContain(fault)
  })
})

describe('what a rewrite makes and is not itself', () => {
  const target = canonicalize(
    { url: 'https://api.usher.test/a/b?c', headers: new Headers() },
    new Set(),
  )
  const crooked: readonly (readonly (string | number)[])[] = [
    ...[['..'], ['a', '.'], ['x/y'], [''], ['x', ''], [7], ['a b'], ['%61'], ['%2f'], ['a%2Fb']],
    ...[
      ['x?y'],
      ['x#y'],
      ['x\\y'],
      ['%2e%2e'],
      ['%zz'],
      ['%00'],
      ['\u2025'],
      ['\r\nX: y'],
      ['_usher'],
    ],
    ...[['x'.repeat(9_000)], Array<string>(300).fill('x')],
  ]
  it.each(crooked.map((there) => [there]))('is sent nowhere: %j', (there) => {
    if (!target.ok) throw new Error(target.error.code)
    const made = { there, back: undefined, restFrom: undefined, root: '', stripped: '' }
    const sent = rewrite(target.value, { rewrite: made, escapes: new Set() }, '/_usher')
    expect(sent.ok && sent.value).toBe(false)
  })
})
