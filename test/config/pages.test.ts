import { describe, expect, it } from 'vitest'
import { gatewayOf, problemsOf, withRoutes } from './sample.ts'

// What the config says of the pages of the gateway's own.

const base = withRoutes('/**')

function pagesOf(pages: unknown) {
  return gatewayOf({ ...base, pages }).rules.pages
}

describe('pages', () => {
  it('are there when nothing is said, and lead to the root', () => {
    expect(gatewayOf(base).rules.pages).toEqual({
      name: undefined,
      home: '/',
      appearance: undefined,
      localization: undefined,
      googleOneTap: false,
    })
  })

  it('are not there when the config says false', () => {
    expect(pagesOf(false)).toBeUndefined()
  })

  it('take what Clerk is told as it is', () => {
    const appearance = {
      variables: { colorPrimary: '#0a0' },
      options: { socialButtonsPlacement: 'top' },
    }
    const localization = { locale: 'de-DE', signIn: { start: { title: 'Anmelden' } } }
    const pages = { name: 'Acme', home: '/app?a=b#c', appearance, localization, googleOneTap: true }
    expect(pagesOf(pages)).toEqual(pages)
  })

  it.each([
    ['true', true, 'pages'],
    ['a text', 'on', 'pages'],
    ['an unknown word', { title: 'x' }, 'pages.title'],
    ['an empty name', { name: '' }, 'pages.name'],
    ['a name that a variable did not give', { name: undefined }, 'pages.name'],
    ['a home elsewhere', { home: 'https://evil.test/' }, 'pages.home'],
    ['a home on another host', { home: '//evil.test' }, 'pages.home'],
    ['a home with a backslash', { home: '/\\evil.test' }, 'pages.home'],
    ['a home with a blank', { home: '/a b' }, 'pages.home'],
    ['a home that is no path', { home: 'app' }, 'pages.home'],
    ['appearance as a text', { appearance: 'dark' }, 'pages.appearance'],
    ['appearance with a function', { appearance: { a: () => 1 } }, 'pages.appearance'],
    ['appearance with a date', { appearance: { a: new Date(0) } }, 'pages.appearance'],
    ['appearance with nothing', { appearance: { a: undefined } }, 'pages.appearance'],
    ['appearance with no number', { appearance: { a: Number.NaN } }, 'pages.appearance'],
    ['appearance without end', { appearance: endless() }, 'pages.appearance'],
    [
      'appearance that is too large',
      { appearance: { a: 'x'.repeat(200_000) } },
      'pages.appearance',
    ],
    ['localization as a list', { localization: [] }, 'pages.localization'],
    ['localization with a symbol', { localization: { a: Symbol('a') } }, 'pages.localization'],
    ['googleOneTap as a text', { googleOneTap: 'yes' }, 'pages.googleOneTap'],
  ])('cannot be %s', (_, pages, place) => {
    expect(problemsOf({ ...base, pages }).map((problem) => problem.place)).toEqual([place])
  })

  it('may be reached by further paths', () => {
    const { aliases } = gatewayOf({ ...base, aliases: { '/login': 'sign-in' } }).rules
    expect(aliases.get('/login')).toBe('/sign-in')
  })
})

function endless(): object {
  const loop: Record<string, unknown> = {}
  loop.again = loop
  return loop
}
