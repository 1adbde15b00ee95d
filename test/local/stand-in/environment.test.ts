import { beforeAll, describe, expect, it } from 'vitest'
import { at, createTestStandIn, type TestStandIn } from '../../support/stand-in.ts'

let kit: TestStandIn
beforeAll(async () => {
  kit = await createTestStandIn()
})

/** Every text in parsed JSON, with its place. */
function texts(value: unknown, place = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[place, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => texts(item, `${place}.${name}`))
}

function health(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return kit.fetch(new Request(`http://127.0.0.1/frontend${path}`, { headers }))
}

describe('the environment', () => {
  it('leads nowhere but to the pages of the gateway, wherever browsers see it', async () => {
    for (const origin of ['http://localhost:8787', 'https://gateway.localhost:9']) {
      const { secretKey } = kit.settings
      const answer = await health('/v1/environment', {
        'clerk-proxy-url': `${origin}/__clerk`,
        'clerk-secret-key': secretKey,
      })
      const addresses = texts(await answer.json()).filter(([place, text]) =>
        /_url$/.test(place) ? text !== '' : /^\w+:\/\//.test(text),
      )
      expect(addresses.length).toBeGreaterThan(15)
      for (const [place, address] of addresses) {
        expect([place, new URL(address).origin]).toEqual([place, origin])
      }
    }
  })

  it('asks for an address and a password, and never for a challenge or a provider', async () => {
    const { body } = await kit.browser().get('/v1/environment')
    const settings = at(body, 'user_settings')
    expect(at(settings, 'attributes.email_address')).toMatchObject({
      enabled: true,
      required: true,
      used_for_first_factor: true,
      verify_at_sign_up: true,
    })
    expect(at(settings, 'attributes.password')).toMatchObject({
      enabled: true,
      required: true,
      // The sign-in form asks first for whatever says otherwise.
      used_for_first_factor: false,
    })
    expect(at(settings, 'attributes.authenticator_app.second_factors')).toEqual(['totp'])
    expect(at(settings, 'attributes.passkey.enabled')).toBe(false)
    expect(at(settings, 'social')).toEqual({})
    expect(at(settings, 'sign_up')).toMatchObject({ captcha_enabled: false, mode: 'public' })
    expect(at(body, 'display_config')).toMatchObject({
      branded: false,
      show_devmode_warning: true,
      captcha_public_key: null,
      google_one_tap_client_id: null,
    })
    expect(at(body, 'organization_settings')).toMatchObject({
      enabled: true,
      creator_role: 'org:admin',
      domains: { enabled: true, default_role: 'org:member' },
    })
    expect(at(body, 'commerce_settings.billing.user.enabled')).toBe(false)
    expect(at(body, 'maintenance_mode')).toBe(false)
  })

  it('is not changed by a page, which only development instances allow', async () => {
    const answer = await kit.browser().patch('/v1/environment')
    expect([answer.status, answer.code]).toEqual([400, 'request_invalid_for_environment'])
  })

  it('has no account portal', async () => {
    const { body } = await kit.browser().get('/v1/account_portal')
    expect(body).toMatchObject({ object: 'account_portal', allowed: false, enabled: false })
  })
})

describe('the proxy', () => {
  const headers = () => ({
    'clerk-proxy-url': 'http://localhost:8787/__clerk',
    'clerk-secret-key': kit.settings.secretKey,
    'x-forwarded-for': '127.0.0.1',
  })

  it('is healthy where it says who it is and for whom it asks', async () => {
    const answer = await health('/v1/proxy-health?domain_id=dmn_local', headers())
    expect(await answer.json()).toEqual({ status: 'healthy', x_forwarded_for: '127.0.0.1' })
    expect(await (await health('/v1/health', {})).json()).toEqual({ status: 'healthy' })
  })

  it.each(['clerk-proxy-url', 'clerk-secret-key', 'x-forwarded-for'])(
    'is not healthy without %s',
    async (name) => {
      const { [name]: _left, ...rest } = headers() as Readonly<Record<string, string>>
      const answer = await health('/v1/proxy-health?domain_id=dmn_local', rest)
      expect(await answer.json()).toMatchObject({ status: 'unhealthy' })
    },
  )

  it('is not believed with another key, nor without a domain', async () => {
    const wrong = { ...headers(), 'clerk-secret-key': 'sk_live_wrong' }
    expect((await health('/v1/proxy-health?domain_id=dmn_local', wrong)).status).toBe(401)
    expect((await health('/v1/proxy-health', headers())).status).toBe(400)
  })
})
