import { describe, expect, it } from 'vitest'
import { gatewayOf, placesOf, withRoutes } from './sample.ts'

const termsOf = (words: object) => gatewayOf(withRoutes({ ...words })).rules.routes[0]?.body
const [kibibyte, hourMs] = [1024, 3_600_000]

describe('the bounds of a body', () => {
  it('are none when none is given, so that bodies are handed on untouched', () => {
    expect(termsOf({})).toBeUndefined()
  })

  it.each([
    [{ maxBytes: '1KiB' }, { maxBytes: kibibyte }],
    [{ maxBytes: '10MiB' }, { maxBytes: 10 * kibibyte ** 2 }],
    [{ maxBytes: '100GiB' }, { maxBytes: 100 * kibibyte ** 3 }],
    [{ idleTimeout: '500ms' }, { idleMs: 500 }],
    [{ idleTimeout: '10m' }, { idleMs: 600_000 }],
    [{ totalTimeout: '30s' }, { totalMs: 30_000 }],
    [{ totalTimeout: '24h' }, { totalMs: 24 * hourMs }],
    [
      { maxBytes: '2GiB', idleTimeout: '59s', totalTimeout: '1m' },
      { maxBytes: 2 * kibibyte ** 3, idleMs: 59_000, totalMs: 60_000 },
    ],
  ])('%j compile', (words, terms) => {
    const none = { maxBytes: undefined, idleMs: undefined, totalMs: undefined }
    expect(termsOf(words)).toEqual({ ...none, ...terms })
  })

  it.each([
    ...[
      '1023',
      '0KiB',
      '1kb',
      '1.5MiB',
      '-1MiB',
      '101GiB',
      '1TiB',
      ' 1MiB',
      '1MiB ',
      'MiB',
      1024,
    ].map((maxBytes) => ({ maxBytes })),
    ...['0s', '11m', '1h', '1', '1s ', 5, null].map((idleTimeout) => ({ idleTimeout })),
    ...['0ms', '25h', '1d', '1441m', ''].map((totalTimeout) => ({ totalTimeout })),
  ])('%j are a problem of the config, in its place', (words) => {
    expect(placesOf(withRoutes(words))).toEqual([`routes[0].${Object.keys(words)[0]}`])
  })

  it.each([
    ['1m', '1m'],
    ['2m', '1m'],
  ])('an idle time-out of %s could never pass within %s in all', (idleTimeout, totalTimeout) => {
    expect(placesOf(withRoutes({ idleTimeout, totalTimeout }))).toEqual(['routes[0].idleTimeout'])
  })
})

describe('the limits of headers', () => {
  const limited = (headerLimits: unknown) => ({ ...withRoutes('/**'), headerLimits })
  const limitsOf = (headerLimits: unknown) => gatewayOf(limited(headerLimits)).rules.headerLimits

  it('are 100 in 32 KiB when not given', () => {
    const usual = { countMax: 100, maxBytes: 32 * kibibyte }
    expect(gatewayOf(withRoutes('/**')).rules.headerLimits).toEqual(usual)
    expect(limitsOf({})).toEqual(usual)
  })

  it.each([
    [{ count: 10 }, { countMax: 10 }],
    [
      { count: 1_000, bytes: '128KiB' },
      { countMax: 1_000, maxBytes: 128 * kibibyte },
    ],
    [{ bytes: '4KiB' }, { maxBytes: 4 * kibibyte }],
  ])('%j compile', (words, limits) => {
    expect(limitsOf(words)).toMatchObject(limits)
  })

  it.each([
    ...[9, 1_001, 0, -1, 10.5, '100', Number.NaN, null].map((count) => ({ count })),
    ...['3KiB', '129KiB', '1MiB', 32_768, '32kb', ''].map((bytes) => ({ bytes })),
    { most: 5 },
  ])('%j are a problem of the config, in its place', (words) => {
    expect(placesOf(limited(words))).toEqual([`headerLimits.${Object.keys(words)[0]}`])
  })
})
