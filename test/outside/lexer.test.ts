import { describe, expect, it } from 'vitest'
import { functionSpans, importsOf, lex } from '../support/lexer.ts'

describe('the lexer', () => {
  it.each([
    ["a('x { y')", 'a(       )'],
    ['a("it\'s") // } b', 'a(      )       '],
    ['a /* { \n } */ b', 'a      \n      b'],
    ['a(`x { \x24{ b({ c: `}` }) } }`)', 'a(`    \x24{ b({ c: ` ` }) }  `)'],
    ["x = /[/}]'/g.test(a)", 'x =         .test(a)'],
    ['x = a / b / c // d', 'x = a / b / c     '],
    ['return /}/', 'return    '],
    ['f() / 2 } / 3', 'f() / 2 } / 3'],
    ["a 'open\n b }", 'a      \n b }'],
  ])('keeps only the code of %j', (text, code) => {
    expect(lex(text).code).toBe(code)
  })

  it('keeps length and lines', () => {
    const text = "/* a\n b */ `c\n\x24{d}` 'e' /f/"
    expect(lex(text).code).toHaveLength(text.length)
    expect(lex(text).code.split('\n')).toHaveLength(3)
  })

  it.each([
    ["import a, { type B } from './a.ts'", 'static'],
    ["import {\n  type A,\n  b,\n} from './a.ts'", 'static'],
    ["import * as a from './a.ts'", 'static'],
    ["import './a.ts'", 'static'],
    ["export { a } from './a.ts'", 'static'],
    ["export * from './a.ts'", 'static'],
    ["import type from './a.ts'", 'static'],
    ["import type { A } from './a.ts'", 'type'],
    ["export type { A } from './a.ts'", 'type'],
    ["const a = () => import('./a.ts')", 'dynamic'],
    ["let a: import('./a.ts').A", 'dynamic'],
  ])('finds the import in %j', (text, kind) => {
    expect(importsOf(lex(text))).toEqual([{ specifier: './a.ts', kind }])
  })

  it.each(["// import './a.ts'", "const from = './a.ts'", "f('./a.ts')", '`import "./a.ts"`'])(
    'finds none in %j',
    (text) => expect(importsOf(lex(text))).toEqual([]),
  )

  it.each([
    ['function f() {\n\n}', 3],
    ['function f(\n  a: { b: 1 },\n): { ok: true } | { ok: false } {\n}', 4],
    ['const f = async (a: A): Promise<Result<A, B[]>> => {\n}', 2],
    ['const f = () => {\n}', 2],
    ['function f(a: unknown): a is string {\n}', 2],
    ['function f(): () => void {\n}', 2],
    ['const a = { f() {\n} }', 2],
    ['function f(a = `}`) {\n  g(/}/, "}")\n}', 3],
  ])('measures the function in %j', (text, lines) => {
    expect(functionSpans(lex(text).code)).toEqual([{ line: 1, lines }])
  })

  it.each([
    'if (a) {\n}',
    'for (const a of b) {\n}',
    'switch (a) {\n}',
    'const a = f()\nconst b = {}',
  ])('sees no function in %j', (text) => expect(functionSpans(lex(text).code)).toEqual([]))
})
