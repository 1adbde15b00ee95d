import { describe, expect, it } from 'vitest'
import { parameterNames, parsePath } from '../../src/config/path.ts'

function segmentsOf(source: string) {
  const path = parsePath(source)
  if (!path.ok) throw new Error(path.error)
  return path.value.segments.map((one) =>
    one.kind === 'literal' ? one.text : `<${one.name ?? '*'}>`,
  )
}

describe('a path pattern', () => {
  it.each([
    ['/', [], false],
    ['/**', [], true],
    ['/admin', ['admin'], false],
    ['/admin/**', ['admin'], true],
    ['/users/:id/*', ['users', '<id>', '<*>'], false],
    ['/v1:batch', ['v1:batch'], false],
    ['/a.b/~c', ['a.b', '~c'], false],
  ])('%s has the segments that it shows', (source, segments, rest) => {
    expect(segmentsOf(source)).toEqual(segments)
    expect(parsePath(source)).toMatchObject({ ok: true, value: { source, rest } })
  })

  it('does not count a trailing slash', () => {
    expect(segmentsOf('/admin/')).toEqual(segmentsOf('/admin'))
    expect(parsePath('/admin/**/')).toMatchObject({ ok: true, value: { rest: true } })
  })

  it.each([
    ['/caf%C3%A9', '/café'],
    ['/%61dmin', '/admin'],
    ['/a%20b', '/a b'],
  ])('%s is the same literal as %s', (escaped, raw) => {
    expect(segmentsOf(escaped)).toEqual(segmentsOf(raw))
  })

  it('keeps an escaped ":" or "*" a literal', () => {
    expect(segmentsOf('/%3Aid/%2A')).toEqual([':id', '*'])
  })

  it('names its parameters from left to right', () => {
    const path = parsePath('/:b/x/:a/*/**')
    expect(path.ok && parameterNames(path.value)).toEqual(['b', 'a'])
  })

  it.each([
    ['admin', 'starts with'],
    ['*', 'starts with'],
    ['//', 'empty segments'],
    ['/a//b', 'empty segments'],
    ['/./a', '".."'],
    ['/a/..', '".."'],
    ['/a/%2e%2E/b', '".."'],
    ['/a/.%2e', '".."'],
    ['/a?b', 'query'],
    ['/a#b', 'fragment'],
    ['/a\\b', 'backslash'],
    ['/a%5Cb', 'backslash'],
    ['/a%00', 'control'],
    ['/a\tb', 'control'],
    ['/a%7F', 'control'],
    ['/a%', 'escape'],
    ['/a%2', 'escape'],
    ['/a%zz', 'escape'],
    ['/a%ff', 'UTF-8'],
    ['/a%C0%AE', 'UTF-8'],
    ['/a\uD800', 'UTF-8'],
    ['/:id/:id', 'twice'],
    ['/:', 'parameter'],
    ['/:1', 'parameter'],
    ['/:id.json', 'parameter'],
    ['/**/a', 'end of a path'],
    ['/a*', 'whole segment'],
    ['/***', 'whole segment'],
    [`/a${'/a'.repeat(256)}`, '256'],
  ])('%j never compiles', (source, reason) => {
    const path = parsePath(source)
    expect(path.ok ? 'compiled' : path.error).toContain(reason)
  })

  it('may have 256 segments', () => {
    expect(segmentsOf('/a'.repeat(256))).toHaveLength(256)
  })
})
