import { describe, expect, it } from 'vitest'
import { fetchUser } from '../../src/clerk/client.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const user = {
  id: 'user_1',
  first_name: 'Ada',
  last_name: '',
  username: null,
  image_url: 'https://img.test/1',
  primary_email_address_id: 'idn_2',
  email_addresses: [
    { id: 'idn_1', email_address: 'other@example.com', verification: { status: 'verified' } },
    { id: 'idn_2', email_address: 'Ada@Example.com', verification: { status: 'verified' } },
  ],
  banned: false,
  locked: false,
}

async function ask(answer: () => Response | Promise<Response>, clock = createFakeClock()) {
  const sent: Request[] = []
  const send = async (request: Request) => {
    sent.push(request)
    return answer()
  }
  const api = { apiUrl: 'https://api.clerk.test', secretKey: 'sk_test_x', send, clock }
  const known = fetchUser('user_1/../x', api)
  await clock.advance(5000)
  return { known: await known, request: sent[0] }
}

describe('who a user is, by the Backend API', () => {
  it('is the primary address in lower case and what else is kept', async () => {
    const { known, request } = await ask(() => Response.json(user))
    expect(known).toEqual({
      ...{ email: 'ada@example.com', emailVerified: true, firstName: 'Ada', lastName: null },
      ...{ username: null, imageUrl: 'https://img.test/1', status: 'active' },
    })
    expect(request?.url).toBe('https://api.clerk.test/v1/users/user_1%2F..%2Fx')
    expect([request?.cache, request?.redirect]).toEqual(['no-store', 'manual'])
  })

  it.each([
    ['unverified', { verification: { status: 'unverified' } }],
    ['without a verification', { verification: null }],
  ])('an address that is %s is not verified', async (_, change) => {
    const email_addresses = [{ ...user.email_addresses[1], ...change }]
    const { known } = await ask(() => Response.json({ ...user, email_addresses }))
    expect(known).toMatchObject({ email: 'ada@example.com', emailVerified: false })
  })

  it('another than the primary address does not count, however verified', async () => {
    const { known } = await ask(() => Response.json({ ...user, primary_email_address_id: 'idn_9' }))
    expect(known).toMatchObject({ email: null, emailVerified: false })
  })

  it.each([
    ['banned', { banned: true, locked: true }],
    ['locked', { locked: true }],
  ])('a user may be %s', async (status, change) => {
    const { known } = await ask(() => Response.json({ ...user, ...change }))
    expect(known?.status).toBe(status)
  })

  it.each([
    ['401', () => new Response('{}', { status: 401 })],
    ['HTML', () => new Response('<html>')],
    ['a list', () => Response.json([])],
    ['null', () => Response.json(null)],
    ['a megabyte', () => new Response(`{"id":"user_1","x":"${'x'.repeat(1_000_000)}"}`)],
    ['nothing in time', () => new Promise<Response>(() => {})],
    ['an exception', () => Promise.reject(new Error('down'))],
  ])('is not known from %s', async (_, answer) => {
    expect((await ask(answer)).known).toBeUndefined()
  })
})
