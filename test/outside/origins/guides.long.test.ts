import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jwks } from '../../../src/api/jwks.ts'
import { projectPath } from '../../support/platform.ts'
import { type Case, casesFor, makeSigner, type Signer } from './assertions.ts'
import { writeGuide } from './guide.ts'
import {
  askOrigin,
  isThere,
  type KeyServer,
  type OriginProcess,
  startKeyServer,
  startOriginProcess,
} from './origin-process.ts'

// The guides whose languages have to be compiled, or that have no framework in Debian.

const here = `${projectPath}test/outside/origins/`

let signer: Signer
let keys: KeyServer
const folders: string[] = []

beforeAll(async () => {
  signer = await makeSigner()
  keys = await startKeyServer(async () => ({
    startLine: 'HTTP/1.1 200 OK',
    headerLines: ['Content-Type: application/jwk-set+json', 'Cache-Control: max-age=300'],
    body: await jwks([signer.key]).text(),
  }))
})

afterAll(async () => {
  await keys.stop()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function guide(...names: readonly string[]): string {
  const folder = writeGuide(...names)
  folders.push(folder)
  return folder
}

/** What a program that reads cases says of each. */
async function hold(
  [program = '', ...words]: readonly string[],
  lines: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const env = { ...process.env, USHER_URL: keys.url, USHER_AUDIENCE: 'api' }
  const child = spawn(program, words, { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  return (await text(child.stdout)).split('\n')
}

const named = (cases: readonly Case[], said: readonly string[]) =>
  cases.map(({ name }, index) => [name, said[index]])
const expected = (cases: readonly Case[]) =>
  cases.map(({ name, passes }) => [name, passes ? 'user_direct' : ''])

describe('the guide for Go', () => {
  const isHere = isThere('Go', ['go', 'version'])
  let program: string
  let running: OriginProcess | undefined

  beforeAll(async () => {
    if (!isHere) return
    const folder = guide('usher.go', 'main.go')
    program = join(folder, 'origin')
    execFileSync('go', ['build', '-o', program, 'usher.go', 'main.go'], {
      cwd: folder,
      stdio: 'pipe',
    })
    running = await start(keys.url)
  }, 120_000) // 2 minutes: the standard library is compiled at first

  afterAll(() => running?.stop())

  const start = (url: string) =>
    startOriginProcess(() => {
      const variables = { USHER_URL: url, USHER_AUDIENCE: 'api' }
      return { command: program, words: [], folder: projectPath, variables }
    })

  it.skipIf(!isHere)('lets in what Usher says, and nothing else', async () => {
    const cases = casesFor(signer)
    const before = keys.asked()
    const answers = []
    for (const one of cases)
      answers.push([one.name, (await askOrigin(running?.port ?? 0, one)).status])
    expect(answers).toEqual(cases.map((one) => [one.name, one.passes ? 200 : 401]))
    expect(keys.asked()).toBe(before + 1)
  })

  it.skipIf(!isHere)('signs nobody out where the keys cannot be read', async () => {
    const [good] = casesFor(signer)
    if (good === undefined) throw new Error('There is no case')
    const lonely = await start('http://127.0.0.1:9')
    expect((await askOrigin(lonely.port, good)).status).toBe(503)
    expect((await askOrigin(lonely.port, { ...good, assertion: '' })).status).toBe(401)
    await lonely.stop()
  })
})

describe('the guide for Rails', () => {
  const isHere = isThere('Ruby with its jwt', ['ruby', '-e', 'require "jwt"'])

  it.skipIf(!isHere)('lets in what Usher says, and nothing else', async () => {
    const folder = guide('usher.rb', 'application_controller.rb')
    cpSync(`${here}ask.rb`, join(folder, 'ask.rb'))
    execFileSync('ruby', ['-c', join(folder, 'application_controller.rb')], { stdio: 'pipe' })
    const cases = casesFor(signer)
    const said = await hold(
      ['ruby', 'ask.rb'],
      cases.map((one) => JSON.stringify(one)),
      folder,
    )
    expect(named(cases, said)).toEqual(expected(cases))
  })
})

describe('the guide for Rust', () => {
  const registry = '/usr/share/cargo/registry'
  const isHere = isThere('Rust with Debian’s jsonwebtoken', [
    ...['sh', '-c'],
    `/usr/bin/cargo --version && ls -d ${registry}/jsonwebtoken-* ${registry}/serde_json-*`,
  ])

  it.skipIf(!isHere)(
    'lets in what Usher says, and nothing else, before any framework',
    async () => {
      const folder = guide('identity.rs')
      mkdirSync(join(folder, 'src'))
      mkdirSync(join(folder, '.cargo'))
      renameSync(join(folder, 'identity.rs'), join(folder, 'src/identity.rs'))
      cpSync(`${here}ask.rs`, join(folder, 'src/main.rs'))
      writeFileSync(join(folder, 'Cargo.toml'), manifest)
      writeFileSync(
        join(folder, '.cargo/config.toml'),
        `[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "${registry}"\n`,
      )
      const env = { PATH: '/usr/bin:/bin', HOME: folder }
      execFileSync('/usr/bin/cargo', ['build', '--offline'], { cwd: folder, env, stdio: 'pipe' })
      const cases = casesFor(signer)
      const lines = [await jwks([signer.key]).text(), ...cases.map((one) => JSON.stringify(one))]
      const said = await hold(
        [join(folder, 'target/debug/ask')],
        lines.map((line) => line.trim()),
        folder,
      )
      expect(named(cases, said)).toEqual(expected(cases))
    },
    600_000, // 10 minutes: all of it is compiled, on a busy machine too
  )
})

const manifest = `[package]
name = "ask"
version = "0.1.0"
edition = "2021"

[profile.dev]
debug = false

[dependencies]
jsonwebtoken = { version = "8", default-features = false }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
`

describe('the guide for nginx', () => {
  const isHere = isThere('nginx', ['/usr/sbin/nginx', '-v'])

  it.skipIf(!isHere)('lets in whoever knows the secret, and hands it to nobody', async () => {
    const seen: unknown[] = []
    const behind = createServer((request, response) => {
      seen.push(request.headers['x-gateway-secret'])
      response.end()
    })
    await once(behind.listen(0, '127.0.0.1'), 'listening')
    const { port: behindPort } = behind.address() as AddressInfo
    const folder = guide('usher.conf')
    const written = readFileSync(join(folder, 'usher.conf'), 'utf8')
    const running = await startOriginProcess((port) => {
      const server = written
        .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
        .replace('127.0.0.1:3000', `127.0.0.1:${behindPort}`)
      const around = `daemon off; master_process off; pid pid; error_log stderr; events {}`
      writeFileSync(join(folder, 'nginx.conf'), `${around}\nhttp { access_log off;\n${server}}\n`)
      const words = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']
      return { command: '/usr/sbin/nginx', words, folder, variables: {} }
    })
    const secret = 'change-me-it-is-at-least-32-bytes-long'
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${running.port}/x`, { headers })).status
    expect(await ask({})).toBe(403)
    for (const guess of ['', 'guessed', `${secret}x`, secret.slice(1)]) {
      expect(await ask({ 'x-gateway-secret': guess })).toBe(403)
    }
    expect(await ask({ x_gateway_secret: secret })).toBe(403)
    expect(seen).toEqual([])
    expect(await ask({ 'x-gateway-secret': secret })).toBe(200)
    expect(seen).toEqual([undefined])
    await running.stop()
    behind.closeAllConnections()
    behind.close()
  })
})
