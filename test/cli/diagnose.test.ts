import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'

// `npm run diagnose` prints what a gateway in local mode says of a token.

const limitMs = 30_000 // 30 s: each runs Node anew

interface Answer {
  readonly status: number
  readonly body: string
}

let server: Server
let address: string
let answer: Answer
let asked: { method: string | undefined; url: string | undefined; body: string }[]

beforeEach(async () => {
  asked = []
  answer = { status: 404, body: '' }
  server = createServer(async (request, response) => {
    asked.push({ method: request.method, url: request.url, body: await text(request) })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('It has no port')
  address = `http://127.0.0.1:${bound.port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function diagnose(words: readonly string[], input = '', port?: string): Promise<Ended> {
  const child = spawn(process.execPath, [`${projectPath}src/cli/diagnose.ts`, ...words], {
    env: { PATH: process.env.PATH, ...(port !== undefined && { PORT: port }) },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

const told = {
  valid: false,
  token_type: 'session_token',
  reason: 'token-invalid-issuer',
  check: 'iss',
  expected: 'https://clerk.usher.test',
  got: 'https://other.test',
  setting: 'CLERK_PUBLISHABLE_KEY',
  advice: 'Set the publishable key of the instance that issued it.',
}

function says(body: unknown, status = 200): void {
  answer = { status, body: JSON.stringify(body) }
}

describe('npm run diagnose', () => {
  it(
    'prints what is wrong in plain lines, and ends with 1',
    async () => {
      says(told)
      const { code, stdout, stderr } = await diagnose(['a.b.c', '--url', address])
      expect(stdout).toBe(`not valid: token-invalid-issuer
  type      session_token
  check     iss
  expected  https://clerk.usher.test
  got       https://other.test
  setting   CLERK_PUBLISHABLE_KEY
  advice    Set the publishable key of the instance that issued it.
`)
      expect([code, stderr]).toEqual([1, ''])
      expect(asked).toEqual([
        { method: 'POST', url: '/_usher/diagnose', body: '{"token":"a.b.c"}' },
      ])
    },
    limitMs,
  )

  it(
    'ends with 0 for a valid token alone; what cannot be told is not valid',
    async () => {
      const nothing = { reason: null, check: null, expected: null, got: null, setting: null }
      says({ ...told, ...nothing, valid: true, advice: 'Every check passes.' })
      expect(await diagnose(['a.b.c', '--url', address])).toEqual({
        code: 0,
        stdout: 'valid\n  type      session_token\n  advice    Every check passes.\n',
        stderr: '',
      })
      says({ ...told, valid: null, reason: 'keys-unavailable' })
      const { code, stdout } = await diagnose(['a.b.c', '--url', address])
      expect([code, stdout.split('\n')[0]]).toEqual([1, 'cannot be told: keys-unavailable'])
    },
    limitMs,
  )

  it(
    'reads the token from standard input, and asks where Usher is said to be',
    async () => {
      says(told)
      await diagnose(['-', '--url', `${address}/_gate/`], '  a.b.c\n')
      const port = new URL(address).port
      await diagnose(['a.b.c'], '', port)
      expect(asked.map(({ url, body }) => [url, body])).toEqual([
        ['/_gate/diagnose', '{"token":"a.b.c"}'],
        ['/_usher/diagnose', '{"token":"a.b.c"}'],
      ])
    },
    limitMs,
  )

  it(
    'lets no claim speak to the terminal',
    async () => {
      says({ ...told, got: 'a\u001b[2Jb\u0007\n\u202ec' })
      const { stdout } = await diagnose(['a.b.c', '--url', address])
      expect(stdout).toContain('  got       a\ufffd[2Jb\ufffd\ufffd\ufffdc\n')
    },
    limitMs,
  )

  it.each<[string, Answer, RegExp]>([
    ['not there', { status: 404, body: '{"code":"route-unknown"}' }, /local mode only/],
    [
      'shut',
      { status: 503, body: '{"code":"gateway-misconfigured"}' },
      /503, gateway-misconfigured/,
    ],
    ['too large', { status: 413, body: '{"code":"body-too-large"}' }, /413, body-too-large/],
    ['something else', { status: 200, body: '<html>' }, /answered with 200/],
    ['another JSON', { status: 200, body: '[1]' }, /answered with 200/],
  ])(
    'says plainly when diagnosis is %s',
    async (_, said, complaint) => {
      answer = said
      const { code, stdout, stderr } = await diagnose(['secret.token.x', '--url', address])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(complaint)
      expect(stderr).not.toContain('secret')
    },
    limitMs,
  )

  it(
    'says plainly when nothing runs there',
    async () => {
      const { port } = new URL(address)
      await new Promise((resolve) => server.close(resolve))
      const { code, stderr } = await diagnose(['a.b.c'], '', port)
      expect(code).toBe(1)
      expect(stderr).toBe(
        `Nothing answers at http://localhost:${port}: run npm start, or name another by --url.\n`,
      )
      server = createServer().listen(0)
    },
    limitMs,
  )

  it.each<[readonly string[]]>([
    [[]],
    [['a.b.c', 'd.e.f']],
    [['a.b.c', '--url', 'nonsense']],
    [['a.b.c', '--url', 'ftp://x']],
    [['--unknown']],
    [['-']],
  ])(
    'shows with 2 how it is used when given %j',
    async (words) => {
      const { code, stdout, stderr } = await diagnose(words)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('Usage: npm run -s diagnose')
      expect(asked).toEqual([])
    },
    limitMs,
  )
})
