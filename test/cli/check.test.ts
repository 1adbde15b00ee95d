import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'

/** Runs the command with these variables and no others that could name an instance. */
function check(variables: Record<string, string>, args: readonly string[] = []) {
  const { PATH = '', HOME = '' } = process.env
  const options = { cwd: projectPath, env: { PATH, HOME, ...variables } }
  const words = ['--no-warnings', 'src/cli/check.ts', ...args]
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1)
      resolve({ code, output: stdout + stderr })
    })
  })
}

async function configOf(source: string): Promise<readonly string[]> {
  const path = join(await mkdtemp(join(tmpdir(), 'usher-check-')), 'gateway.config.ts')
  const define = `import { defineGateway } from '${projectPath}src/config/define.ts'\n`
  await writeFile(path, `${define}export default ${source}\n`)
  return ['--config', path]
}

/** A `wrangler.toml` that binds what no gateway can do without. */
async function bareWorker(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'usher-check-')), 'wrangler.toml')
  const [kv, d1] = ['[[kv_namespaces]]\nbinding = "KV"', '[[d1_databases]]\nbinding = "DB"']
  await writeFile(path, `name = "usher"\n${kv}\n${d1}\ndatabase_name = "usher"\n`)
  return path
}

const sound = async () => ({
  ORIGIN_URL: 'https://api.example.com',
  CLERK_FRONTEND_API: 'clerk.example.com',
  USHER_SIGNING_KEY: await makeSigningKeys(),
})

describe('npm run check', () => {
  it('names every variable that is missing, and fails', async () => {
    const { code, output } = await check({})
    expect(code).toBe(1)
    for (const name of ['CLERK_PUBLISHABLE_KEY', 'ORIGIN_URL', 'USHER_SIGNING_KEY']) {
      expect(output).toContain(name)
    }
  })

  it('passes the shipped config with three variables', async () => {
    const { code, output } = await check(await sound())
    expect([code, output.includes('1 route, no problems')]).toEqual([0, true])
  })

  it('reports five errors of a config at once, each with its place', async () => {
    const five = `defineGateway(() => ({
      origins: { api: { url: 'http://10.0.0.1' } },
      routes: [
        { path: 'api', origin: 'api' },
        { path: '/b', origin: 'nobody' },
        { path: '/c', origin: 'api', access: { rol: 'admin' } },
        { path: '/d', origin: 'api', access: { org: ':id' } },
      ],
    }))`
    const { code, output } = await check(await sound(), await configOf(five))
    expect(code).toBe(1)
    expect(output).toContain('5 problems')
    const places = [
      'origins.api.url',
      'routes[0].path',
      'routes[1].origin',
      'routes[2].access.rol',
      'routes[3].access',
    ]
    for (const place of places) expect(output).toContain(place)
  })

  it('finds a service, certificates and a limiter that are not bound, and keys that cannot work', async () => {
    const config = await configOf(`defineGateway(() => ({
      origins: {
        billing: { service: 'BILLING' },
        shop: { members: [{ service: 'SHOP' }, { url: 'https://a.example.com', certificate: 'CERT' }] },
      },
      routes: [{ path: '/shop', origin: 'shop' }, { path: '/**', origin: 'billing', limits: [
        { limiter: 'edge', by: 'user', binding: 'BURST', requests: 5, window: '10s' },
      ] }],
    }))`)
    const [one, two] = [await makeSigningKeys(), await makeSigningKeys()].map(
      (text) => JSON.parse(text).keys[0],
    )
    const USHER_SIGNING_KEY = JSON.stringify({ keys: [{ ...one, d: two.d }] })
    const CLERK_JWT_KEY = '-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----'
    const { code, output } = await check(
      { ...(await sound()), USHER_SIGNING_KEY, CLERK_JWT_KEY },
      config,
    )
    expect(code).toBe(1)
    for (const name of ['BILLING', 'SHOP', 'CERT', 'BURST', 'USHER_SIGNING_KEY', 'CLERK_JWT_KEY'])
      expect(output).toContain(name)
    expect(output).not.toContain(one.d)
  })

  it('passes with KV and D1 alone, and says what does not work then', async () => {
    const { code, output } = await check(await sound(), ['--worker', await bareWorker()])
    expect(code).toBe(0)
    for (const place of ['QUEUE', 'SYNC', 'triggers.crons', 'CLERK_WEBHOOK_SIGNING_SECRET'])
      expect(output).toMatch(new RegExp(`^ *${place}\\b`, 'm'))
  })

  it('says so when a config cannot be loaded', async () => {
    const { code, output } = await check(await sound(), await configOf('nonsense('))
    expect([code, output.includes('cannot be loaded')]).toEqual([1, true])
    expect(output).not.toContain('    at ')
  })
})
