import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, openChromium, type Surfer } from '../support/chromium.ts'

const law = it.skipIf(!hasChromium)

const asked: (string | undefined)[] = []
const pages = createServer((request, response) => {
  asked.push(request.url)
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>here</title>')
})

describe('the browser of tests', () => {
  let surfer: Surfer
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
    url = `http://localhost:${(pages.address() as AddressInfo).port}/`
    if (hasChromium) surfer = await openChromium()
  })
  afterAll(async () => {
    await surfer?.close()
    pages.close()
  })

  law('goes to this machine by each of its names', async () => {
    const { port } = new URL(url)
    for (const host of ['localhost', '127.0.0.1', 'clerk.usher.localhost']) {
      await surfer.page.goto(`http://${host}:${port}/`)
      expect(await surfer.page.title()).toBe('here')
    }
    expect(surfer.strays).toEqual([])
  })

  law('does not tell pages that a program drives it', async () => {
    await surfer.page.goto(url)
    expect(await surfer.page.evaluate('navigator.webdriver')).toBe(false)
  })

  law('stops and notes what would leave this machine', async () => {
    await surfer.page.goto(url)
    const outcome = await surfer.page.evaluate(async () => {
      const answer = await fetch('https://clerk-telemetry.com/v1/event').catch(() => 'stopped')
      const socket = new WebSocket('wss://example.com/socket')
      await new Promise((resolve) => socket.addEventListener('close', resolve))
      return answer
    })
    expect(outcome).toBe('stopped')
    expect(surfer.strays).toEqual([
      'https://clerk-telemetry.com/v1/event',
      'wss://example.com/socket',
    ])
    surfer.errors.splice(0)
  })

  law('has no service worker, whose requests no route would see', async () => {
    await surfer.page.goto(url)
    const register = "navigator.serviceWorker.register('/worker.js').then(() => 1, () => 1)"
    await surfer.page.evaluate(register)
    expect(await surfer.page.evaluate('navigator.serviceWorker.controller')).toBeNull()
    expect(surfer.context.serviceWorkers()).toEqual([])
    expect(asked).not.toContain('/worker.js')
  })

  law('finds no host elsewhere, even where no route stops it', async () => {
    const context = await surfer.context.browser()?.newContext()
    const page = await context?.newPage()
    for (const elsewhere of ['http://example.com/', 'http://93.184.215.14/']) {
      await expect(page?.goto(elsewhere)).rejects.toThrow('net::ERR_NAME_NOT_RESOLVED')
    }
    await context?.close()
  })
})
