import { beforeEach, describe, expect, it } from 'vitest'
import { dialects } from '../../src/model/checks.ts'
import type { World } from '../support/world.ts'
import { checkOf, createChecksWorld, reasonOf } from './forward-auth-scene.ts'

// Who may ask: a proxy that shows what it was given, and nobody by any other way.

let world: World
beforeEach(async () => {
  world = await createChecksWorld()
})

describe('a proxy that asks', () => {
  const wrong: [string, Record<string, string>, string][] = [
    ['shows nothing', { 'x-usher-caller': '' }, 'caller-unknown'],
    ['shows another secret', { 'x-usher-caller': 'x'.repeat(47) }, 'caller-unknown'],
    ['shows a beginning', { 'x-usher-caller': 'a-secret-that-only-the-pro' }, 'caller-unknown'],
  ]
  it.each(dialects)('is not answered in the dialect %s unless it is known', async (dialect) => {
    for (const [name, shown, code] of wrong) {
      const answer = await world.walk(checkOf(dialect, { uri: '/public/x' }, shown))
      expect([name, answer.status, reasonOf(answer)]).toEqual([name, 403, code])
    }
    const nothing = checkOf(dialect, { uri: '/public/x' })
    nothing.headers.delete('x-usher-caller')
    const answer = await world.walk(nothing)
    expect([answer.status, reasonOf(answer)]).toEqual([403, 'caller-unknown'])
    expect(world.store.reads + world.keyServer.asked).toBe(0)
  })

  it.each(dialects)(
    'is not answered in the dialect %s with a secret that is for another',
    async (dialect) => {
      const other =
        checkOf(dialect === 'envoy' ? 'nginx' : 'envoy').headers.get('x-usher-caller') ?? ''
      const answer = await world.walk(checkOf(dialect, {}, { 'x-usher-caller': other }))
      expect([answer.status, reasonOf(answer)]).toEqual([403, 'caller-not-granted'])
    },
  )

  it.each(['/x', '/%2Fx', '/%252Fx', '/a;b'])(
    'learns nothing of a host that is not granted, not even what paths it takes: %s',
    async (uri) => {
      const answer = await world.walk(checkOf('nginx', { host: 'other.usher.test', uri }))
      expect([answer.status, reasonOf(answer)]).toEqual([403, 'caller-not-granted'])
    },
  )

  it('may show a certificate that the edge verified', async () => {
    const certificate = 'ab'.repeat(32)
    const caller = { certificate, may: ['nginx'] as const }
    const mtls = await createChecksWorld({ config: { checks: { callers: { caller } } } })
    const verified = {
      certVerified: 'SUCCESS',
      certRevoked: '0',
      certFingerprintSHA256: certificate,
    }
    const ask = (tlsClientAuth: object, secret?: string) => {
      const check = checkOf('nginx', { uri: '/public/x' })
      if (secret === undefined) check.headers.delete('x-usher-caller')
      return mtls.walk(new Request(check, { cf: { tlsClientAuth } } as RequestInit))
    }
    expect(
      (await ask({ ...verified, certFingerprintSHA256: certificate.toUpperCase() })).status,
    ).toBe(200)
    const bad: [object, string?][] = [
      [{ ...verified, certVerified: 'NONE' }],
      [{ ...verified, certVerified: 'FAILED:expired' }],
      [{ ...verified, certRevoked: '1' }],
      [{ ...verified, certFingerprintSHA256: 'cd'.repeat(32) }],
      [{}],
      [verified, 'a wrong secret beside it'],
    ]
    for (const [shown, secret] of bad) {
      expect(reasonOf(await ask(shown, secret))).toBe('caller-unknown')
    }
  })

  it('must show a secret where its path is what a client wrote: a certificate goes with every path', async () => {
    const certificate = 'ab'.repeat(32)
    const proxy = { certificate, may: ['nginx'] as const }
    const mtls = await createChecksWorld({ config: { checks: { callers: { proxy } } } })
    const check = checkOf('envoy', { uri: '/public/x' })
    check.headers.delete('x-usher-caller')
    const tlsClientAuth = {
      certVerified: 'SUCCESS',
      certRevoked: '0',
      certFingerprintSHA256: certificate,
    }
    const answer = await mtls.walk(new Request(check, { cf: { tlsClientAuth } } as RequestInit))
    expect(reasonOf(answer)).toBe('caller-unknown')
  })

  it.each(['/auth/nginx/x', '/auth/nginx/', '/auth/', '/auth/apache', '/auth/envoyx/api'])(
    'gets no good answer at %s',
    async (path) => {
      const check = new Request(`https://auth.usher.test/_usher${path}`, checkOf('nginx'))
      const answer = await world.walk(check)
      expect([answer.status, reasonOf(answer)]).toEqual([404, 'route-unknown'])
    },
  )
})

describe('a preflight that a proxy hands on', () => {
  it.each(['traefik', 'envoy'] as const)(
    'is not answered for the gateway’s own pages, by %s',
    async (dialect) => {
      const cors = { origins: ['https://app.usher.test'] }
      const open = await createChecksWorld({ config: { cors } })
      const asked = {
        origin: 'https://app.usher.test',
        'access-control-request-method': 'POST',
      }
      const described = checkOf(dialect, { method: 'OPTIONS' }, asked)
      for (const shown of [described.headers.get('x-usher-caller') ?? '', 'nobody']) {
        // Traefik sends the client's own method where it is told to.
        const check = new Request(described, { method: 'OPTIONS' })
        check.headers.set('x-usher-caller', shown)
        const answer = await open.walk(check)
        expect([401, 403]).toContain(answer.status)
        expect(answer.headers.has('access-control-allow-origin')).toBe(false)
      }
    },
  )
})
