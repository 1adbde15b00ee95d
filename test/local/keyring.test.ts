import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thumbprint } from '../../src/cli/thumbprint.ts'
import { openKeyring, publishableKey, secretKey } from '../../src/local/keyring.ts'
import { parseSigningKeys } from '../../src/model/signing-key.ts'

describe('the keyring', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'usher-keyring-'))
    path = join(folder, 'deep/keys.json')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is the same for everyone who makes it at once, and leaves no drafts', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyring(path)))
    expect(new Set(rings.map((ring) => JSON.stringify(ring))).size).toBe(1)
    expect(await readdir(dirname(path))).toEqual(['keys.json'])
    expect(await openKeyring(path)).toEqual(rings[0])
  })

  it('is readable by its owner alone', async () => {
    await openKeyring(path)
    expect((await stat(path)).mode & 0o077).toBe(0)
  })

  it('holds keys that are named by their thumbprints', async () => {
    const { issuerKey, signingKeys } = await openKeyring(path)
    const { kty = '', n = '', e = '' } = issuerKey
    expect(issuerKey.kid).toBe(await thumbprint({ kty, n, e }))
    const parsed = parseSigningKeys(signingKeys)
    expect(parsed).toMatchObject({ ok: true, value: [{ state: 'current' }] })
  })

  it.each(['', '{', 'null', '[]', '{"label":"x"}'])('is never guessed from %j', async (text) => {
    const damaged = join(folder, 'keys.json')
    await writeFile(damaged, text)
    await expect(openKeyring(damaged)).rejects.toThrow('is damaged')
  })

  it('gives a publishable key of the format of Clerk', async () => {
    const key = publishableKey(await openKeyring(path))
    const [, , encoded = ''] = key.split('_')
    expect(key).toMatch(/^pk_live_[A-Za-z0-9+/]+$/)
    expect(atob(encoded)).toMatch(/^clerk\.[0-9a-f]{8}\.localhost\$$/)
  })
})

describe('the secret key of the local Clerk', () => {
  it('is one for each issuer key, and tells nothing of it', () => {
    const keyring = { label: '1234abcd', signingKeys: '{"keys":[]}' }
    const [one, same, other] = ['private', 'private', 'other'].map((d) =>
      secretKey({ ...keyring, issuerKey: { kty: 'RSA', kid: 'kid', d } }),
    )
    expect(one).toMatch(/^sk_live_[\w-]{43}$/)
    expect(same).toBe(one)
    expect(other).not.toBe(one)
    expect(one).not.toContain('private')
  })
})

describe('a thumbprint', () => {
  it('is that of the example in RFC 7638 section 3.1', async () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP' +
      'ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvzq' +
      'Y368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu' +
      '0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    const key = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' }
    expect(await thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it.each([{}, { kty: 'oct', k: 'AA' }, { kty: '__proto__' }])('is not made of %j', async (key) => {
    await expect(thumbprint({ ...key })).rejects.toThrow(TypeError)
  })
})
