import { getAuth } from '@clerk/hono'
import { describe, expect, it } from 'vitest'
import {
  apiKey,
  machineToken,
  mintMachineToken,
  opaqueRecords,
  ourMachine,
  sendingMachine,
} from '../support/credentials.ts'
import {
  access,
  answerAsBackend,
  countedClient,
  sharedWorld,
  verified,
  within,
} from './hono-room.ts'

// The other objects that Clerk's middleware leaves in a context: those of machines, and its client.

const world = await sharedWorld()

describe('a credential that is no session', () => {
  const look = async (token: string, records = opaqueRecords) => {
    const principal = await verified(world, token, records)
    return within({ principal }, (c) => {
      const { has, debug, getToken, ...rest } = getAuth(c, { acceptsToken: 'any' })
      return getToken().then((own) => ({ ...rest, own, may: has({ role: 'org:admin' }) }))
    })
  }
  const common = { isAuthenticated: true, may: false }

  it.each([
    ['user_ada', { userId: 'user_ada', orgId: null }],
    ['org_acme', { userId: null, orgId: 'org_acme' }],
    [sendingMachine, { userId: null, orgId: null }],
  ])('an API key of %s says whose it is', async (subject, owner) => {
    const token = `ak_of_${subject}`
    const records = { [token]: apiKey({ subject, scopes: ['read'], claims: { plan: 'gold' } }) }
    expect(await look(token, records)).toMatchObject({
      ...common,
      tokenType: 'api_key',
      id: `ak_${'0'.repeat(32)}`,
      subject,
      ...owner,
      scopes: ['read'],
      claims: { plan: 'gold' },
      own: token,
    })
  })

  it("a machine's JWT keeps the claims that its maker put in, without those of every token", async () => {
    const own = { scopes: ourMachine, tenant: 'acme' }
    expect(await look(await mintMachineToken(world, { tenant: 'acme' }))).toMatchObject({
      ...common,
      tokenType: 'm2m_token',
      id: 'mt_jwt',
      subject: sendingMachine,
      machineId: sendingMachine,
      scopes: [ourMachine],
      claims: own,
    })
    const audience = { scopes: undefined, aud: [ourMachine] }
    const { claims } = Object(await look(await mintMachineToken(world, audience)))
    expect(claims).toEqual({ aud: [ourMachine] })
  })

  it('an opaque one of a machine has them likewise, and null where there are none', async () => {
    const records = {
      mt_none: machineToken({ claims: null }),
      mt_some: machineToken({ claims: { iss: 'mine', tenant: 'acme' } }),
    }
    expect(await look('mt_none', records)).toMatchObject({ ...common, claims: null })
    const { claims } = Object(await look('mt_some', records))
    expect(claims).toEqual({ tenant: 'acme' })
  })

  it('an OAuth token names its client', async () => {
    expect(await look('oat_good')).toMatchObject({
      ...common,
      tokenType: 'oauth_token',
      userId: 'user_ada',
      clientId: 'client_1',
      scopes: ['read', 'write'],
    })
  })
})

describe("c.get('clerk')", () => {
  it('is the client of the Backend API, made once, when a member is first asked for', async () => {
    const { createClient, clerk } = countedClient()
    const principal = await verified(world, await world.token())
    const sent = answerAsBackend({ id: 'user_grace', object: 'user', email_addresses: [] })
    await within({ principal, clerk }, () => 'nothing')
    expect(createClient).toHaveBeenCalledTimes(0)
    const ids = await within({ principal, clerk }, async (c) => {
      const client = c.get('clerk')
      return [await client.users.getUser('user_grace'), await client.users.getUser('user_grace')]
    })
    expect(ids.map(({ id }) => id)).toEqual(['user_grace', 'user_grace'])
    expect(createClient).toHaveBeenCalledTimes(1)
    expect(createClient.mock.calls[0]?.[0]).toMatchObject(access)
    expect(sent.map(({ url }) => url)).toEqual(
      Array(2).fill('https://api.clerk.test/v1/users/user_grace'),
    )
  })

  it('is not made by who awaits or prints it', async () => {
    const { createClient, clerk } = countedClient()
    expect(String(Object.prototype.toString.call(await clerk))).toBe('[object Object]')
    expect(createClient).not.toHaveBeenCalled()
  })

  it('says what is missing where there is no secret key', async () => {
    const { clerk } = countedClient({ secretKey: undefined })
    const principal = await verified(world, await world.token())
    const failure = await within({ principal, clerk }, (c) => {
      try {
        return String(c.get('clerk').users)
      } catch (error) {
        return String(error)
      }
    })
    expect(failure).toContain('set CLERK_SECRET_KEY')
  })
})
