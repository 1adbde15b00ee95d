import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { localGateway, localMachines } from '../../src/local/clerk/machines.ts'
import { openOpaque } from '../../src/local/clerk/opaque-token.ts'
import { localOrganizations, localUsers } from '../../src/local/clerk/users.ts'
import { keyringPath, openKeyring } from '../../src/local/keyring.ts'
import { decodeBase64url } from '../../src/model/base64url.ts'

const command = join(import.meta.dirname, '../../src/local/token.ts')

function token(...options: string[]) {
  return promisify(execFile)(process.execPath, [command, ...options])
}

async function minted(...options: string[]) {
  const { stdout, stderr } = await token(...options)
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  expect(stderr).toBe('')
  const [header, claims] = stdout
    .split('.')
    .map((part) => new TextDecoder().decode(decodeBase64url(part)))
  return { header: JSON.parse(header ?? ''), claims: JSON.parse(claims ?? '') }
}

describe('npm run token', () => {
  it('prints one token that lasts a minute, and nothing else', async () => {
    const { header, claims } = await minted('--user', 'ada')
    expect(header).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(claims.sub).toBe(localUsers.get('ada')?.id)
    expect(claims.exp - claims.iat).toBe(60)
    expect(claims).not.toHaveProperty('o')
  })

  it('names the active organisation of a member', async () => {
    const { claims } = await minted('--user', 'grace', '--org', 'acme', '--expires', '5')
    expect(claims.o.id).toBe(localOrganizations.get('acme')?.id)
    expect(claims.exp - claims.iat).toBe(5)
  })

  it('makes tokens that have expired', async () => {
    const { claims } = await minted('--user', 'ada', '--expires=-60')
    expect(claims.exp - claims.iat).toBe(-60)
  })

  it('lays claims and header over its own, and removes what is null', async () => {
    const { header, claims } = await minted(
      ...['--user', 'linus', '--claims', '{"sid":null,"azp":"https://evil.example","x":{"y":1}}'],
      ...['--header', '{"alg":"none","kid":null}'],
    )
    expect(claims).not.toHaveProperty('sid')
    expect(claims).toMatchObject({ azp: 'https://evil.example', x: { y: 1 } })
    expect(header).not.toHaveProperty('kid')
    expect(header.alg).toBe('none')
  })

  it.each([
    ['jwt_template', ['--user', 'ada'], { cat: 'cl_B7d4PD222AAA' }, { template: 'demo' }],
    [
      'oauth_token',
      ['--user', 'ada', '--scope', 'read,write', '--scope=delete'],
      { typ: 'at+jwt' },
      { sub: localUsers.get('ada')?.id, scope: 'read write delete' },
    ],
    [
      'm2m_token',
      ['--machine', 'sensor'],
      { cat: 'cl_B7d4PD333AAA' },
      { sub: localMachines.get('sensor'), scopes: localGateway },
    ],
    ['m2m_token', ['--machine', 'batch', '--for', 'mch_x'], {}, { scopes: 'mch_x' }],
    [
      'm2m_token',
      ['--machine', 'batch', '--claims', '{"scopes":null}'],
      {},
      { aud: [localGateway] },
    ],
  ])('makes a JWT of type %s', async (type, options, header, claims) => {
    const token = await minted('--type', type, ...options)
    expect(token.header).toMatchObject(header)
    expect(token.claims).toMatchObject(claims)
    expect(token.claims.exp - token.claims.iat).toBe(60)
  })

  it.each([
    ['api_key', ['--user', 'ada'], localUsers.get('ada')?.id, [], null],
    ['api_key', ['--org', 'acme'], localOrganizations.get('acme')?.id, [], null],
    ['api_key', ['--machine', 'batch'], localMachines.get('batch'), [], null],
    [
      'api_key',
      ['--user', 'ada', '--scope', 'a,b', '--expires=9'],
      localUsers.get('ada')?.id,
      ['a', 'b'],
      9,
    ],
    [
      'm2m_token',
      ['--machine', 'sensor', '--opaque'],
      localMachines.get('sensor'),
      [localGateway],
      60,
    ],
    [
      'm2m_token',
      ['--machine', 'sensor', '--opaque', '--for', 'mch_x'],
      localMachines.get('sensor'),
      ['mch_x'],
      60,
    ],
    [
      'oauth_token',
      ['--user', 'ada', '--opaque', '--scope', 'a'],
      localUsers.get('ada')?.id,
      ['a'],
      60,
    ],
    [
      'oauth_token',
      ['--user', 'ada', '--opaque', '--expires=-5'],
      localUsers.get('ada')?.id,
      [],
      -5,
    ],
  ] as const)('makes an opaque credential: %s %j', async (type, options, subject, scopes, life) => {
    const { stdout } = await token('--type', type, ...options)
    const { issuerKey } = await openKeyring(keyringPath)
    const credential = await openOpaque(type, stdout.trim(), issuerKey)
    expect(credential).toMatchObject({ subject, scopes })
    const { issuedAtSeconds = 0, expiresAtSeconds = 0 } = credential ?? {}
    expect(expiresAtSeconds === null ? null : expiresAtSeconds - issuedAtSeconds).toBe(life)
  })

  it.each([
    ['an unknown user', ['--user', 'eve'], 1],
    ['a name that every object has', ['--user', 'constructor'], 1],
    ['an unknown organisation', ['--user', 'grace', '--org', 'globex'], 1],
    ['an organisation of others', ['--user', 'ada', '--org', 'acme'], 1],
    ['an unknown machine', ['--type', 'm2m_token', '--machine', 'constructor'], 1],
    ['an unknown organisation as owner', ['--type', 'api_key', '--org', 'globex'], 1],
    ['more scopes than fit', ['--type', 'api_key', '--user', 'ada', '--scope', 'x'.repeat(400)], 1],
    ['no user', [], 2],
    ['an unknown option', ['--user', 'ada', '--role', 'admin'], 2],
    ['a stray word', ['ada'], 2],
    ['a lifetime that is no number', ['--user', 'ada', '--expires', 'soon'], 2],
    ['claims that are not JSON', ['--user', 'ada', '--claims', '{'], 2],
    ['claims that are a list', ['--user', 'ada', '--claims', '[]'], 2],
    ['a header that is null', ['--user', 'ada', '--header', 'null'], 2],
  ])('prints no token for %s', async (_, options, code) => {
    await expect(token(...options)).rejects.toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringMatching(code === 2 ? /Usage: / : /^.+\.\n$/),
    })
  })
})
