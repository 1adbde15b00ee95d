import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { localOrganizations, localUsers } from '../../src/local/clerk/users.ts'
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
    ['an unknown user', ['--user', 'eve'], 1],
    ['a name that every object has', ['--user', 'constructor'], 1],
    ['an unknown organisation', ['--user', 'grace', '--org', 'globex'], 1],
    ['an organisation of others', ['--user', 'ada', '--org', 'acme'], 1],
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
