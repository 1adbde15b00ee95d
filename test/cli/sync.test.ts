import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'

// `npm run sync` starts a walk through Clerk at a gateway, or finds the one that is under way, and watches it.

const limitMs = 30_000 // 30 s: each runs Node anew
const token = 'ak_a_key_that_nobody_may_read'

interface Told {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

let server: Server
let address: string
let asked: Told[]
/** What the gateway answers, one after the other; the last again and again. */
let answers: [status: number, body: unknown][]

beforeEach(async () => {
  asked = []
  server = createServer(async (request, response) => {
    const { method, url, headers } = request
    asked.push({ method, url, authorization: headers.authorization, body: await text(request) })
    const [status, body] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [500, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('It has no port')
  address = `http://127.0.0.1:${bound.port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

interface Ended {
  readonly code: number | null
  readonly output: string
}

async function sync(words: readonly string[], variables = {}): Promise<Ended> {
  const child = spawn(process.execPath, [`${projectPath}src/cli/sync.ts`, ...words], {
    env: { PATH: process.env.PATH, USHER_TOKEN: token, ...variables },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, output: stdout + stderr }
}

function run(seen: number, state = 'running', error: string | null = null) {
  const stage = { seen, total: 1000, changed: seen }
  return { id: 'sync_1', state, stage: 'users', error, progress: { users: stage } }
}

describe('npm run sync', () => {
  it('starts a walk and prints how far it is until it is done', { timeout: limitMs }, async () => {
    answers = [
      [202, run(500)],
      [503, { code: 'facts-unavailable' }],
      [200, run(1000, 'done')],
    ]
    const { code, output } = await sync(['--url', address])
    expect(output.split('\n')).toEqual([
      'running users 50 %',
      'done users 100 %',
      'The sync is done.',
      '  users          1,000 looked at, 1,000 changed',
      '',
    ])
    expect(code).toBe(0)
    expect(asked[0]).toEqual({
      ...{ method: 'POST', url: '/_usher/api/sync' },
      ...{ authorization: `Bearer ${token}`, body: '{"kind":"backfill"}' },
    })
    expect(asked[1]?.url).toBe('/_usher/api/sync/sync_1')
  })

  it('watches the walk that is under way, and ends with 1 where it fails', {
    timeout: limitMs,
  }, async () => {
    answers = [
      [409, { code: 'run-under-way' }],
      [200, { data: [run(700, 'failed', 'clerk-key-refused')], next_cursor: null }],
    ]
    const { code, output } = await sync(['--url', `${address}/_usher/`])
    expect(output).toMatch(/^A sync is under way already\.\nfailed users 70 %/)
    expect(output).toContain('The sync is failed: Clerk does not accept CLERK_SECRET_KEY.')
    expect(asked[1]?.url).toBe('/_usher/api/sync?kind=backfill&limit=1')
    expect(code).toBe(1)
  })

  it('says what a refusal means, and never what the token is', { timeout: limitMs }, async () => {
    answers = [[501, { code: 'binding-missing' }]]
    const { code, output } = await sync(['--url', address])
    expect(output).toContain('bind SYNC')
    expect(output).not.toContain(token)
    expect(code).toBe(1)
  })

  it('takes leave of all that Clerk does not have where it is told to', {
    timeout: limitMs,
  }, async () => {
    answers = [[202, run(1000, 'done')]]
    const { code } = await sync(['--url', address, '--forget'])
    expect(asked[0]?.body).toBe('{"kind":"backfill","may_forget":"any"}')
    expect(code).toBe(0)
  })

  const misuses: readonly (readonly [what: string, words: readonly string[], variables: object])[] =
    [
      ['an address that is none', ['--url', 'ops'], {}],
      ['plain http to another machine', ['--url', 'http://ops.example.com'], {}],
      [
        'another machine without a token',
        ['--url', 'https://ops.example.com'],
        { USHER_TOKEN: '' },
      ],
      ['a token that is none', ['--url', 'http://localhost:1'], { USHER_TOKEN: 'two words' }],
      ['a word that it does not know', ['--all'], {}],
    ]
  it('misuse is told, and nothing is sent', { timeout: limitMs }, async () => {
    const ends = await Promise.all(misuses.map(([, words, variables]) => sync(words, variables)))
    const told = ends.map(({ code, output }, at) => [
      misuses[at]?.[0],
      code,
      output.includes('Usage: '),
    ])
    expect(told).toEqual(misuses.map(([what]) => [what, 2, true]))
    expect(asked).toEqual([])
  })
})
