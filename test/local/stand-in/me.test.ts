import { beforeAll, describe, expect, it } from 'vitest'
import { createUser } from '../../../src/local/clerk/acts/people.ts'
import { type Accounts, openAccounts } from '../../support/accounts.ts'
import type { Members } from '../../support/clerk-browser.ts'
import { localUserId, signedInBrowser } from '../../support/signed-in-browser.ts'
import { at, type TestStandIn } from '../../support/stand-in.ts'

let accounts: Accounts
let kit: TestStandIn
beforeAll(async () => {
  accounts = await openAccounts()
  kit = accounts.kit
})

type Verb = 'get' | 'post' | 'patch' | 'delete'

describe('whoever is not signed in', () => {
  it.each<[Verb, string]>([
    ['get', '/v1/me'],
    ['patch', '/v1/me'],
    ['delete', '/v1/me'],
    ['patch', '/v1/me/metadata'],
    ['get', '/v1/me/email_addresses'],
    ['post', '/v1/me/email_addresses'],
    ['get', '/v1/me/email_addresses/idn_x'],
    ['delete', '/v1/me/email_addresses/idn_x'],
    ['post', '/v1/me/email_addresses/idn_x/prepare_verification'],
    ['post', '/v1/me/email_addresses/idn_x/attempt_verification'],
    ['get', '/v1/me/phone_numbers'],
    ['post', '/v1/me/phone_numbers'],
    ['get', '/v1/me/phone_numbers/idn_x'],
    ['patch', '/v1/me/phone_numbers/idn_x'],
    ['delete', '/v1/me/phone_numbers/idn_x'],
    ['post', '/v1/me/phone_numbers/idn_x/prepare_verification'],
    ['post', '/v1/me/phone_numbers/idn_x/attempt_verification'],
    ['post', '/v1/me/totp'],
    ['delete', '/v1/me/totp'],
    ['post', '/v1/me/totp/attempt_verification'],
    ['post', '/v1/me/backup_codes'],
    ['post', '/v1/me/change_password'],
    ['post', '/v1/me/remove_password'],
  ])('is told so: %s %s', async (verb, path) => {
    const answer = await kit.browser()[verb](path)
    expect([answer.status, answer.code]).toEqual([401, 'authentication_invalid'])
  })
})

describe('me', () => {
  it('is who is signed in, with memberships and without what is private', async () => {
    const browser = await signedInBrowser(kit, localUserId('grace'))
    const { response, status } = await browser.get('/v1/me')
    expect(status).toBe(200)
    expect(response).toMatchObject({
      id: localUserId('grace'),
      first_name: 'Grace',
      password_enabled: true,
      totp_enabled: false,
      verification_attempts_remaining: 100,
      organization_memberships: [{ role: 'org:admin', organization: { slug: 'acme' } }],
      email_addresses: [{ verification: { status: 'verified', strategy: 'admin' } }],
    })
    expect(response).not.toHaveProperty('private_metadata')
  })

  it('changes its names, and an empty text takes one away', async () => {
    const { browser } = await accounts.somebody()
    const names = { first_name: 'Joan', last_name: 'Clarke', username: 'Joan-C' }
    expect((await browser.patch('/v1/me', names)).response).toMatchObject({
      ...names,
      username: 'joan-c',
    })
    const { response } = await browser.patch('/v1/me', { last_name: '' })
    expect(response).toMatchObject({ first_name: 'Joan', last_name: null, username: 'joan-c' })
  })

  it.each<[string, Members, string]>([
    ['an unknown member', { nickname: 'x' }, 'form_param_unknown'],
    [
      'unsafe metadata, which have a path of their own',
      { unsafe_metadata: {} },
      'form_param_unknown',
    ],
    ['its own ban', { banned: 'false' }, 'form_param_unknown'],
    ['public metadata', { public_metadata: { role: 'admin' } }, 'form_param_unknown'],
    ['a name that is too short', { username: 'abc' }, 'form_username_invalid_length'],
    ["a name that is somebody's", { username: 'taken-name' }, 'form_identifier_exists'],
    ['a long name', { first_name: 'x'.repeat(257) }, 'form_param_format_invalid'],
    ["ada's address", { primary_email_address_id: 'idn_ada' }, 'form_param_value_invalid'],
    ['no address', { primary_email_address_id: '' }, 'form_param_value_invalid'],
  ])('does not change %s', async (_name, members, code) => {
    const { world } = kit.standIn
    if (world.state.users.find(({ username }) => username === 'taken-name') === undefined) {
      createUser(world, { username: 'taken-name' })
    }
    const { browser, id } = await accounts.somebody()
    const before = world.state.users.get(id)
    const answer = await browser.patch('/v1/me', members)
    expect([answer.status, answer.code]).toEqual([422, code])
    expect(world.state.users.get(id)).toEqual(before)
  })

  it('merges unsafe metadata deeply, and takes away what is null', async () => {
    const { browser } = await accounts.somebody()
    const send = (unsafe_metadata: object) => browser.patch('/v1/me/metadata', { unsafe_metadata })
    await send({ theme: { dark: true, size: 1 }, left: 'x' })
    const { response } = await send({ theme: { size: null }, left: null, more: [1] })
    expect(response.unsafe_metadata).toEqual({ theme: { dark: true }, more: [1] })
    const own = { unsafe_metadata: {}, public_metadata: { role: 'admin' } }
    expect((await browser.patch('/v1/me/metadata', own)).code).toBe('form_param_unknown')
    const large = await send({ large: 'x'.repeat(9000) })
    expect(large.status).toBe(422)
  })

  it('deletes itself where it may, and is signed out by that', async () => {
    const { browser, id } = await accounts.somebody()
    const { response, client } = await browser.delete('/v1/me')
    expect(response).toEqual({ object: 'user', id, deleted: true })
    expect(at(client, 'last_active_session_id')).toBeNull()
    expect((await browser.get('/v1/me')).status).toBe(401)
    const other = await accounts.somebody()
    const { world } = kit.standIn
    const user = world.state.users.get(other.id)
    if (user !== undefined) world.state.users.put({ ...user, mayDeleteSelf: false })
    expect((await other.browser.delete('/v1/me')).status).toBe(403)
    expect(world.state.users.get(other.id)).toBeDefined()
  })
})

describe('what is not done here', () => {
  it.each<[Verb, string]>([
    ['post', '/v1/me/tokens'],
    ['post', '/v1/me/profile_image'],
    ['delete', '/v1/me/profile_image'],
    ['post', '/v1/me/passkeys'],
    ['post', '/v1/me/external_accounts'],
  ])('says so, and never yes: %s %s', async (verb, path) => {
    const { browser } = await accounts.somebody()
    expect((await browser[verb](path)).status).toBe(501)
  })
})
