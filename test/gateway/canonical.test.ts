import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../src/gateway/canonical.ts'
import type { Escape } from '../../src/model/route.ts'

const nothing: ReadonlySet<Escape> = new Set()

function read(url: string, allowed = nothing, host?: string) {
  const headers = new Headers(host === undefined ? {} : { host })
  return canonicalize({ url, headers }, allowed)
}

function pathOf(path: string, allowed = nothing): string {
  const target = read(`https://h.test${path}`, allowed)
  return target.ok ? `${target.value.path}${target.value.query}` : target.error.code
}

describe('every spelling of a target has one meaning', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['/%61dmin', '/admin'],
    ['/%7Eada/%2d%5F', '/~ada/-_'],
    ['/a%c3%a9', '/a%C3%A9'],
    ['/aé', '/a%C3%A9'],
    ['/a b', '/a%20b'],
    ['/a"b{c}<d>|^`[]', '/a%22b%7Bc%7D%3Cd%3E%7C%5E%60%5B%5D'],
    ["/a!$&'()*+,=:@b", "/a!$&'()*+,=:@b"],
    ['/a%21%40', '/a%21%40'],
    ['//admin/x', '/admin/x'],
    ['/a//b///c//', '/a/b/c/'],
    ['/a/./b/.', '/a/b/'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/../../etc', '/etc'],
    ['/..', '/'],
    ['/a/.../b', '/a/.../b'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a?', '/a'],
    ['/a?x=%2e%2e/&y=\\', '/a?x=%2e%2e/&y=\\'],
    ['/a?x=a b"<>\'é', '/a?x=a%20b%22%3C%3E%27%C3%A9'],
    ['/a?x=%zz', '/a?x=%zz'],
  ])('%s is %s', (raw, canonical) => {
    expect(pathOf(raw)).toBe(canonical)
    expect(pathOf(canonical)).toBe(canonical)
    expect(new URL(`https://h.test${canonical}`).href).toBe(`https://h.test${canonical}`)
  })

  it.each([
    ['https://H.Test/', 'h.test'],
    ['https://h.test./', 'h.test'],
    ['https://h.test:443/', 'h.test'],
    ['http://h.test:80/', 'h.test'],
    ['http://h.test:443/', 'h.test:443'],
    ['http://h.test:08080/', 'h.test:8080'],
    ['http://127.0.0.1:8787/', '127.0.0.1:8787'],
    ['http://[::1]:8787/', '[::1]:8787'],
  ])('the host of %s is %s', (url, host) => {
    expect(read(url)).toMatchObject({ ok: true, value: { host } })
  })
})

describe('what two readers could take for two things is refused', () => {
  const refused: [string, string[]][] = [
    ['target-has-backslash', ['/public\\..\\admin', '/\\evil.test', '/a\\']],
    ['target-has-fragment', ['/admin#/public', '/#']],
    [
      'target-has-encoded-separator',
      [
        '/public/..%2fadmin',
        '/a%2Fb',
        '/a%5cb',
        '/a%5C..%5Cb',
        '/a%3bb',
        '/a%23b',
        '/a%3Fb',
        '/a%25b',
        '/%2561dmin',
        '/public/%2e%2e%2fadmin',
      ],
    ],
    ['target-has-encoded-dots', ['/public/%2e%2e/admin', '/a/.%2e/b', '/a/%2E/b', '/%2e%2E']],
    ['target-has-path-parameter', ['/a;x=1', '/public/..;/admin', '/;/a', '/a;']],
    [
      'target-has-control-character',
      ['/a%00', '/a%0d%0aX:1', '/a%09', '/a%7f', '/a\tb', '/a?x=\n'],
    ],
    ['target-has-bad-escape', ['/a%', '/a%2', '/a%zz', '/%u0061']],
    [
      'target-is-not-utf8',
      ['/a%ff', '/a%c0%af', '/%ed%a0%80', '/a\ufffd', '/a\ud800', '/a?x=\ufffd'],
    ],
    ['target-too-long', [`/${'a'.repeat(8192)}`, `/a?${'a'.repeat(8192)}`, '/a'.repeat(257)]],
  ]
  it.each(refused.flatMap(([code, paths]) => paths.map((path) => [path.slice(0, 40), path, code])))(
    '%j',
    (_, path, code) => expect(pathOf(path ?? '')).toBe(code),
  )

  it.each([
    'https://h.test@evil.test/',
    'https://h test/',
    'https://h..test/',
    'https://.h.test/',
    'https://h.test:0/',
    'https://h.test:65536/',
    'https://h.test:80:90/',
    'https:///x',
    'http://usher.test*',
    'ftp://h.test/',
    'https://h%2etest/',
    'nonsense',
    'https://foo.123/',
    'https://256.256.256.256/',
    'https://0x7f.1/',
    'https://1.2.3/',
    'https://[:::]/',
  ])('the host of %j', (url) => {
    expect(read(url)).toEqual({ ok: false, error: { code: 'target-has-bad-host' } })
  })

  it.each(['h/public', 'h?x', 'h#x', 'u@h', 'h,i', 'h i', 'h\\x', 'h:99999x', ''])(
    'the Host header %j, which the runtime copies into the URL',
    (host) => {
      const code = 'target-has-bad-host'
      expect(read('http://h/public/admin', nothing, host)).toEqual({ ok: false, error: { code } })
    },
  )
})

describe('an escape that a route asks for', () => {
  const all: ReadonlySet<Escape> = new Set<Escape>(['%2F', '%25', '%3B', '%23', '%3F', ';'])
  it.each([
    ['/@scope%2fname', '/@scope%2Fname', ['%2F']],
    ['/100%25', '/100%25', ['%25']],
    ['/a;b%3bc', '/a;b%3Bc', [';', '%3B']],
    ['/a%23b%3fc', '/a%23b%3Fc', ['%23', '%3F']],
  ])('%s passes as %s, and the target says so', (raw, path, escapes) => {
    expect(read(`https://h.test${raw}`, all)).toMatchObject({ ok: true, value: { path, escapes } })
    expect(pathOf(path, all)).toBe(path)
  })

  it.each([
    '/public/..%2fadmin',
    '/a%2f..%2fb',
    '/a%2f%2e%2e',
    '/public/..;/admin',
    '/public/..;x=1/admin',
    '/..%3b',
    '/..%23',
    '/..%3F',
  ])('still never hides a dot segment: %s', (path) => {
    expect(pathOf(path, all)).toBe('target-has-encoded-dots')
  })

  it.each(['/a%252fb', '/a%25%32fb', '/%25252e', '/%255fusher', '/a%2525', '/%252e%25zz'])(
    'never holds an escape of an escape, so that nothing hangs on how often an origin decodes: %s',
    (path) => expect(pathOf(path, all)).toBe('target-has-encoded-separator'),
  )

  it('never lets a backslash or a control character through', () => {
    expect(pathOf('/a%5Cb', all)).toBe('target-has-encoded-separator')
    expect(pathOf('/a%00b', all)).toBe('target-has-control-character')
  })
})
