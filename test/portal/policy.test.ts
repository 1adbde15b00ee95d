import { describe, expect, it } from 'vitest'
import { contentPolicy } from '../../src/portal/policy.ts'

// The policy of the pages against the list that Clerk publishes of what its components need:
// https://clerk.com/docs/guides/secure/best-practices/csp-headers, as of November 2026.

const host = 'https://clerk.example.com'

const published: Readonly<Record<string, readonly string[]>> = {
  'script-src': [host, 'https://challenges.cloudflare.com', 'https://*.protect.clerk.com'],
  'connect-src': [host, 'https://*.protect.clerk.com:*'],
  'img-src': ['https://img.clerk.com'],
  'worker-src': ["'self'", 'blob:'],
  'style-src': ["'unsafe-inline'"],
  'frame-src': ['https://challenges.cloudflare.com', 'https://*.protect.clerk.com'],
}

/** What is Usher's own: its files, the one nonce, icons in the page; and that nothing else is loaded. */
const own: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'nonce-abc'"],
  'connect-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
}

/** What Google publishes for One Tap: https://developers.google.com/identity/gsi/web/guides/get-google-api-clientid */
const google: Readonly<Record<string, readonly string[]>> = {
  'script-src': ['https://accounts.google.com/gsi/client'],
  'frame-src': ['https://accounts.google.com/gsi/'],
  'connect-src': ['https://accounts.google.com/gsi/'],
  'style-src': ['https://accounts.google.com/gsi/style'],
}

type Lists = Readonly<Record<string, readonly string[]>>

/** The differences between a policy and what may and must be in it, one line each. */
function lint(policy: string, ...wanted: readonly Lists[]): string[] {
  const directives = policy.split('; ').map((one) => one.split(' '))
  const given = directives.flatMap(([name = '', ...values]) =>
    values.map((one) => `${name} ${one}`),
  )
  const due = wanted.flatMap((lists) =>
    Object.entries(lists).flatMap(([name, values]) => values.map((one) => `${name} ${one}`)),
  )
  const names = directives.map(([name]) => name)
  return [
    ...due.filter((one) => !given.includes(one)).map((one) => `missing: ${one}`),
    ...given.filter((one) => !due.includes(one)).map((one) => `too much: ${one}`),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `twice: ${name}`),
  ]
}

const origin = 'https://app.example.com'
const terms = {
  ...{ nonce: 'abc', origin, googleOneTap: false },
  frontend: { base: host, source: host },
}

describe('the policy of the pages', () => {
  it('has all that Clerk needs by its own list, and nothing else', () => {
    expect(lint(contentPolicy(terms), published, own)).toEqual([])
  })

  it('names no host of the instance where the pages reach it through the gateway, and of its own no more than Clerk’s scripts', () => {
    const policy = contentPolicy({ ...terms, frontend: { base: '/__clerk', source: undefined } })
    expect(lint(policy, published, own).sort()).toEqual([
      `missing: connect-src ${host}`,
      `missing: script-src ${host}`,
      `too much: script-src ${origin}/__clerk/npm/@clerk/`,
    ])
  })

  it('lets Google in where the config says so', () => {
    const policy = contentPolicy({ ...terms, googleOneTap: true })
    expect(lint(policy, published, own, google)).toEqual([])
    expect(lint(policy, published, own)).toHaveLength(4)
  })

  it('keeps inline styles working: a nonce or a hash among them would switch them off', () => {
    const styles = contentPolicy(terms)
      .split('; ')
      .find((one) => one.startsWith('style-src'))
    expect(styles).not.toMatch(/'(nonce|sha\d+)-/)
  })

  it.each([
    ['script-src', "script-src 'unsafe-inline'"],
    ['script-src', "script-src 'unsafe-eval'"],
    ['img-src', 'img-src https:'],
  ])('would be found out with more in %s: %s', (name, more) => {
    const [, value] = more.split(' ')
    const loose = contentPolicy(terms).replace(`${name} `, `${name} ${value} `)
    expect(lint(loose, published, own)).toEqual([`too much: ${more}`])
  })

  it('would be found out with less', () => {
    const tight = contentPolicy(terms).replace(' https://img.clerk.com', '')
    expect(lint(tight, published, own)).toEqual(['missing: img-src https://img.clerk.com'])
  })
})
