import { describe, expect, it } from 'vitest'
import type { World } from '../../../src/local/clerk/kernel/world.ts'
import { everythingOf, visitOutbox } from '../../support/outbox-visit.ts'

const pages = ['/', '/webhooks', '/people', '/switches']
const lists = ['/outbox.json', '/deliveries.json', '/people.json', '/switches.json']

function send(world: World, to: string, code: string | null, more: { link?: string } = {}): void {
  const subject = `${code} is your code`
  world.send({ channel: 'email', to, subject, code, link: more.link ?? null, userId: null })
}

interface Messages {
  readonly last: object | null
  readonly messages: readonly { readonly code: string | null }[]
}

describe('the outbox', () => {
  it.each([...pages, ...lists])('shows %s, and changes nothing by it', async (path) => {
    const { world, get } = await visitOutbox()
    send(world, 'ada@example.com', '123456')
    world.emit('user.created', { id: 'user_1' })
    const before = everythingOf(world)
    const response = await get(path)
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect((await response.text()).length).toBeGreaterThan(100)
    expect(everythingOf(world)).toBe(before)
  })

  it('gives programs the last code of an address, whatever its letters', async () => {
    const { world, get } = await visitOutbox()
    send(world, 'Linus@example.com', '111111')
    send(world, 'linus@example.com', '222222')
    send(world, 'grace@example.com', '333333')
    const { last, messages }: Messages = await (
      await get('/outbox.json?to=linus@EXAMPLE.com')
    ).json()
    expect(last).toMatchObject({ to: 'linus@example.com', code: '222222', link: null })
    expect(messages.map(({ code }) => code)).toEqual(['222222', '111111'])
    const nobody = await (await get('/outbox.json?to=nobody@example.com')).json()
    expect(nobody).toEqual({ last: null, messages: [] })
  })

  it('gives programs the webhooks of a type, and what is in them', async () => {
    const { world, get } = await visitOutbox()
    world.emit('user.created', { id: 'user_1' })
    world.emit('user.deleted', { id: 'user_2' })
    const log = await (await get('/deliveries.json?type=user.deleted')).json()
    const body = { data: { id: 'user_2' } }
    const expected = { type: 'user.deleted', state: 'pending', attempts: [], body }
    expect(log).toMatchObject({ deliveries: [expected] })
  })

  it.each([
    ['http://localhost:8787/_usher/webhooks/clerk', true],
    ['http://localhost:3000/hook', false],
  ])('says that the gateway lives by them only where they go there: %s', async (url, says) => {
    const settings = { webhook: { url, secret: `whsec_${btoa('a secret')}` } }
    const { get } = await visitOutbox({ settings })
    const text = await (await get('/webhooks')).text()
    expect([text.includes('keeps its records by them'), text.includes(url)]).toEqual([says, true])
    expect(text.includes('LOCAL_CLERK_WEBHOOK_URL')).toBe(says)
  })

  it.each([
    ['/outbox.json?from=x', 422],
    ['/outbox.json?channel=post', 422],
    ['/deliveries.json?state=lost', 422],
    ['/people.json?x=1', 422],
    ['/?x=1', 422],
    ['/webhooks?id=msg_unknown', 404],
    ['/replay', 404],
    ['/nothing', 404],
    ['/outbox', 404],
  ])('refuses %s with %i', async (path, status) => {
    const { get } = await visitOutbox()
    expect((await get(path)).status).toBe(status)
  })
})

describe('its pages', () => {
  it('let nothing run or load but what they are made of', async () => {
    const { get } = await visitOutbox()
    const nonces = new Set<string>()
    for (const path of pages) {
      const response = await get(path)
      const text = await response.text()
      const policy = response.headers.get('content-security-policy') ?? ''
      const nonce = /script-src 'nonce-([\w-]{36})'/.exec(policy)?.[1] ?? ''
      nonces.add(nonce)
      expect(policy).toBe(
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; ` +
          "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(text.match(/<(script|style)[ >]/g)).toEqual(['<style ', '<script '])
      expect(text.match(new RegExp(`nonce="${nonce}"`, 'g'))).toHaveLength(2)
      expect(text).not.toMatch(/ on\w+=| style=/)
    }
    expect(nonces.size).toBe(pages.length)
  })

  it('say what they are, and name no address that is not relative', async () => {
    const { world, get } = await visitOutbox()
    send(world, 'ada@example.com', '123456')
    world.emit('user.created', { id: 'user_1' })
    for (const path of pages) {
      const text = await (await get(path)).text()
      expect(text).toContain('Local stand-in for Clerk</title>')
      expect(text).toContain('not Clerk')
      const addresses = [...text.matchAll(/ (?:href|action|src)="([^"]*)"/g)].map(([, at]) => at)
      expect(addresses.length).toBeGreaterThan(5)
      expect(
        addresses.filter((at) => !/^(\.\/|data:,|[a-z]+(\.json)?(\?id=\w+)?)$/.test(at ?? '')),
      ).toEqual([])
    }
  })

  const evil = `"'><script>alert(1)</script>&amp;`

  it('show what people and events call themselves as text', async () => {
    const { world, get, ada } = await visitOutbox()
    world.state.users.put({ ...ada, firstName: evil, lastName: evil })
    world.send({ channel: 'sms', to: evil, subject: evil, code: evil, link: evil, userId: evil })
    world.emit(evil, { evil })
    const id = world.state.deliveries.all().at(-1)?.id
    for (const path of [...pages, `/webhooks?id=${id}`]) {
      const text = await (await get(path)).text()
      expect(text).not.toContain('<script>alert')
      expect(text).not.toContain(`"'>`)
      if (path !== '/switches') expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    }
  })

  it.each([
    ['http://localhost:8787/x?a=1&b=2', true],
    ['https://localhost/x', true],
    ['javascript:alert(1)', false],
    [' javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['//evil.example', false],
  ])('a link to %s is followed: %s', async (link, isFollowed) => {
    const { world, get } = await visitOutbox()
    send(world, 'ada@example.com', null, { link })
    const text = await (await get('/')).text()
    const shown = link.replaceAll('&', '&amp;')
    expect(text.includes(`href="${shown}"`)).toBe(isFollowed)
    expect(text).toContain(shown)
  })

  it('show one webhook with its body and what came of it', async () => {
    const { world, get } = await visitOutbox()
    world.emit('user.created', { id: 'user_of_this_body' })
    const delivery = world.state.deliveries.all().at(-1)
    if (delivery === undefined) throw new Error('No delivery')
    const attempts = [{ at: world.clock.now(), status: 404, error: 'answered 404' }]
    world.state.deliveries.put({ ...delivery, attempts })
    expect(await (await get('/webhooks')).text()).not.toContain('user_of_this_body')
    const text = await (await get(`/webhooks?id=${delivery.id}`)).text()
    expect(text).toContain('user_of_this_body')
    expect(text).toContain('answered 404')
  })
})
