import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatSigningKeys } from '../../../src/cli/signing-keys.ts'
import { bearer, type RunningGateway, rawRequest, startGateway } from '../../support/gateway.ts'
import { projectPath } from '../../support/platform.ts'
import { sendRaw, status } from '../../support/raw.ts'
import { casesFor, makeSigner, type Signer } from './assertions.ts'
import { guideNames, writeGuide } from './guide.ts'
import {
  askOrigin,
  isThere,
  type KeyServer,
  type OriginCommand,
  type OriginProcess,
  type Switch,
  startKeyServer,
  startOriginProcess,
  startSwitch,
} from './origin-process.ts'

// The guides for Node and Python, as they are written, in processes of their own behind the gateway.

const here = `${projectPath}test/outside/origins/`
const python = '/usr/bin/python3'

let signer: Signer
let keys: KeyServer
let origin: Switch
let gateway: RunningGateway
const folders: string[] = []

beforeAll(async () => {
  signer = await makeSigner()
  origin = await startSwitch()
  gateway = await startGateway(origin.url, {
    USHER_SIGNING_KEY: formatSigningKeys([signer.key]),
    IDENTITY_MAP: JSON.stringify({ 'X-Email': 'email' }),
  })
  // Origins read the keys of this very gateway; the server between only counts.
  keys = await startKeyServer(() => gateway.get('/_usher/jwks.json'))
})

afterAll(async () => {
  await gateway.stop()
  await keys.stop()
  await origin.stop()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function guide(...names: readonly string[]): string {
  const folder = writeGuide(...names)
  folders.push(folder)
  return folder
}

/** A guide, and how its code becomes a process. */
interface Kind {
  readonly name: string
  readonly isHere: boolean
  /** Below which paths its handlers stand. */
  readonly prefixes: readonly string[]
  readonly prepare: () => Promise<Prepared>
}

type Prepared = (port: number) => Omit<OriginCommand, 'variables'>

async function prepareNode(): Promise<Prepared> {
  const folder = guide('usher.ts', 'hono.ts', 'express.ts')
  await build({
    entryPoints: [join(folder, 'hono.ts'), join(folder, 'express.ts')],
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', outdir: folder },
    nodePaths: [`${projectPath}node_modules`],
  })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return () => ({ command: process.execPath, words: [`${here}serve-node.ts`, folder], folder })
}

async function prepareDjango(): Promise<Prepared> {
  const names = ['usher.py', 'authentication.py', 'models.py', 'views.py']
  const folder = guide(...names)
  mkdirSync(join(folder, 'people'))
  for (const name of names) renameSync(join(folder, name), join(folder, 'people', name))
  writeFileSync(join(folder, 'people/__init__.py'), '')
  cpSync(`${here}serve_django.py`, join(folder, 'serve_django.py'))
  return () => ({ command: python, words: ['serve_django.py'], folder })
}

async function prepareFastApi(): Promise<Prepared> {
  const folder = guide('usher.py', 'main.py')
  const words = ['-m', 'uvicorn', 'main:app', '--port']
  return (port) => ({ command: python, words: [...words, String(port)], folder })
}

/** Words that end well where these modules of Python's are installed. */
function importing(...modules: readonly string[]): readonly string[] {
  const script = 'import sys, importlib.util as u; sys.exit(None in map(u.find_spec, sys.argv[1:]))'
  return [python, '-c', script, 'jwt', 'cryptography', ...modules]
}

const hasDjango = isThere(
  'Django with REST framework and PyJWT',
  importing('django', 'rest_framework'),
)
const hasFastApi = isThere('FastAPI with uvicorn and PyJWT', importing('fastapi', 'uvicorn'))
const kinds: readonly Kind[] = [
  { name: 'Node', isHere: true, prefixes: ['', '/express'], prepare: prepareNode },
  { name: 'Django', isHere: hasDjango, prefixes: [''], prepare: prepareDjango },
  { name: 'FastAPI', isHere: hasFastApi, prefixes: [''], prepare: prepareFastApi },
]

describe.each(kinds)('the guide for $name', ({ name, isHere, prefixes, prepare }) => {
  let running: OriginProcess

  beforeAll(async () => {
    if (!isHere) return
    const prepared = await prepare()
    const variables = { USHER_URL: keys.url, USHER_AUDIENCE: 'api' }
    running = await startOriginProcess((port) => ({ ...prepared(port), variables }))
    origin.lead(running.port)
  })
  afterAll(() => running?.stop())

  /** Sends a request through the gateway, with a token of ada's unless told otherwise. */
  async function send(method: string, path: string, lines?: readonly string[]) {
    const headerLines = lines ?? [bearer(await gateway.token())]
    const body = method === 'GET' ? {} : { body: 'x' }
    return sendRaw(gateway.port, rawRequest(method, path, { headerLines, ...body }))
  }

  it.skipIf(!isHere)('lets in what Usher says, and nothing else', async () => {
    const cases = casesFor(signer)
    expect(cases.filter(({ passes }) => passes)).toHaveLength(5)
    expect(cases.length).toBeGreaterThan(35)
    for (const prefix of prefixes) {
      const answers = []
      for (const one of cases) {
        const { status } = await askOrigin(running.port, one, prefix)
        answers.push([one.name, status])
      }
      expect(answers).toEqual(cases.map((one) => [one.name, one.passes ? 200 : 401]))
    }
  })

  it.skipIf(!isHere)('reads the keys once for all of it, unknown names among it', async () => {
    const before = keys.asked()
    for (const one of casesFor(signer)) await askOrigin(running.port, one)
    expect(before).toBeGreaterThan(0)
    expect(keys.asked()).toBe(before)
  })

  it.skipIf(!isHere)('answers whom the gateway shows in, and nobody else', async () => {
    for (const [method, path] of [
      ['GET', '/api/hello'],
      ['POST', '/api/hello?q=1'],
      ['POST', '/api/%61/b%20c/../%C3%AB'],
    ] as const) {
      const answer = await send(method, path)
      expect([path, status(answer)]).toEqual([path, 200])
      expect(answer.body).toContain('user_ada')
    }
    const forged = ['X-Usher-User-Id: user_mallory', 'X-Usher-Assertion: a.b.c']
    expect(status(await send('GET', '/api/hello', forged))).toBe(401)
  })

  if (name !== 'Django') return

  it.skipIf(!isHere)('answers the test endpoint of ClerkAuthentication to the letter', async () => {
    const answers = []
    for (let turn = 0; turn < 2; turn++) {
      answers.push(JSON.parse((await send('GET', '/api/users/clerk-test/')).body))
    }
    const [{ user }] = answers
    const email = 'shared@example.com'
    const ada = { id: user.id, username: email, email, clerk_id: 'user_ada' }
    const answer = { message: 'Clerk authentication successful!', user: ada }
    expect(answers).toEqual([answer, answer])
    expect(user.id).toBeGreaterThan(0)
  })

  it.skipIf(!isHere)('makes a local user at first sight, under a name of their own', async () => {
    const grace = await gateway.token({ sub: 'user_grace', sid: 'sess_grace' })
    const { body } = await send('GET', '/api/users/clerk-test/', [bearer(grace)])
    // Everyone has one address in this test, and ada came first.
    const email = 'shared@example.com'
    const id = expect.any(Number)
    expect(JSON.parse(body).user).toEqual({
      id,
      username: 'user_grace',
      email,
      clerk_id: 'user_grace',
    })
  })

  it.skipIf(!isHere)('has nothing of Clerk’s installed', () => {
    const script =
      'from importlib.metadata import distributions as all\nprint([one.name for one in all()])'
    const names = execFileSync(python, ['-c', script], { encoding: 'utf8' })
    expect(names).toContain('Django')
    expect(names.toLowerCase()).not.toContain('clerk')
  })
})

it('the guides show every file that is run, once', () => {
  expect(new Set(guideNames).size).toBe(guideNames.length)
  expect(guideNames.length).toBeGreaterThan(12)
})
