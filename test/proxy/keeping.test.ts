import { describe, expect, it } from 'vitest'
import { type Clock, momentAlone } from '../../src/model/clock.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import type { CacheTerms } from '../../src/model/terms.ts'
import { createRecall, type Shelf } from '../../src/proxy/cache.ts'
import { copiesMaxBytes, copyLimitMs, createCopier, keptMaxBytes } from '../../src/proxy/copy.ts'
import { directivesOf, keepingTimeMs } from '../../src/proxy/keeping-time.ts'
import type { Departure } from '../../src/proxy/road.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { gatewayUrl } from '../support/world.ts'
import { routeOf } from './cache-scene.ts'

// For how long an answer is kept, and what becomes of it where the cache does not do its part.

const terms: CacheTerms = {
  maxAgeMs: 60_000,
  scope: 'everyone',
  keyedHeaders: ['accept-language'],
  keyedQuery: 'all',
}

describe('an answer is kept', () => {
  const nowMs = Date.UTC(2026, 5, 15, 12)
  const later = new Date(nowMs + 30_000).toUTCString()
  const kept = (
    status: number,
    headers: Record<string, string>,
    changes: Partial<CacheTerms> = {},
  ) =>
    keepingTimeMs(
      new Response(null, { status, headers }),
      { cors: undefined, cache: { ...terms, ...changes } },
      nowMs,
    )

  it.each<[Record<string, string>, number]>([
    [{}, 60],
    [{ 'cache-control': 'public' }, 60],
    [{ 'cache-control': 'max-age=10' }, 10],
    [{ 'cache-control': 'Max-Age = "10"' }, 10],
    [{ 'cache-control': 'max-age=99999' }, 60],
    [{ 'cache-control': 'max-age=5, s-maxage=20' }, 20],
    [{ 'cache-control': 's-maxage=0, max-age=20' }, 0],
    [{ 'cache-control': 'max-age=20, max-age=10' }, 10],
    [{ 'cache-control': 'max-age=1.5' }, 0],
    [{ 'cache-control': 'max-age=-1' }, 0],
    [{ 'cache-control': 'max-age' }, 0],
    [{ 'cache-control': 'max-age=20', age: '5' }, 15],
    [{ 'cache-control': 'max-age=20', age: '20' }, 0],
    [{ 'cache-control': 'max-age=600', age: '570' }, 30],
    [{ 'cache-control': 'max-age=20', age: 'x' }, 20],
    [{ 'cache-control': 'x-max-age=1' }, 60],
    [{ expires: later }, 30],
    [{ expires: later, date: new Date(nowMs + 20_000).toUTCString() }, 10],
    [{ expires: later, 'cache-control': 'max-age=5' }, 5],
    [{ expires: '0' }, 0],
    [{ expires: new Date(nowMs).toUTCString() }, 0],
    [{ 'cache-control': 'no-cache="x", max-age=5' }, 0],
    [{ 'cache-control': 'private="x"' }, 0],
    [{ 'cache-control': 'PRIVATE' }, 0],
    [{ 'cache-control': 'x="no-store", max-age=5' }, 5],
    [{ vary: 'Accept-Language, accept-encoding' }, 60],
    [{ vary: 'Accept' }, 0],
    [{ vary: 'Origin' }, 0],
    [{ vary: '*' }, 0],
    [{ 'set-cookie': 'a=b', 'cache-control': 'public, max-age=5' }, 0],
  ])('with %j for %i s', (headers, seconds) => {
    expect(kept(200, headers)).toBe(seconds * 1000)
  })

  it('for one caller where it belongs to one, and never where it may not be stored', () => {
    const scope = 'principal'
    expect(kept(200, { 'cache-control': 'private, max-age=5' }, { scope })).toBe(5000)
    expect(kept(200, { 'cache-control': 'private, no-store' }, { scope })).toBe(0)
  })

  it('with few statuses', () => {
    const statuses = Array.from({ length: 400 }, (_, index) => index + 200)
    const found = statuses.filter((status) => kept(status, {}) > 0)
    expect(found).toEqual([200, 203, 301, 308, 404, 410])
  })

  it('by directives that are read whole', () => {
    expect(directivesOf('a, b=1,c="x, y=2" ,B=3')).toEqual(
      new Map([
        ['a', ['']],
        ['b', ['1', '3']],
        ['c', ['x, y=2']],
      ]),
    )
  })
})

function streamOf(sizeBytes: number, isBroken = false): ReadableStream<Uint8Array> {
  let leftBytes = sizeBytes
  return new ReadableStream({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(leftBytes, 65_536))
      leftBytes -= chunk.byteLength
      if (chunk.byteLength > 0) controller.enqueue(chunk)
      else if (isBroken) controller.error(new Error('broken off'))
      else controller.close()
    },
  })
}

describe('a cache that', () => {
  const nothing = async () => undefined
  const well: Shelf = { match: nothing, put: nothing }
  const failing = () => Promise.reject(new Error('no cache'))
  const clock = createFakeClock()
  const route = routeOf({ access: 'public', cache: { maxAge: '1m' } })

  function departure(path: string): Departure {
    const target = {
      scheme: 'https' as const,
      host: 'api.usher.test',
      path,
      segments: [],
      query: '',
      url: `${gatewayUrl}${path}`,
      escapes: [],
      isPlain: true,
    }
    const request = new Request(target.url)
    const moment = {
      ...momentAlone(clock.now()),
      waitUntil: (work: Promise<unknown>) => void works.push(work),
    }
    const principal = { kind: 'anonymous' } as const
    return { request, target, headers: new Headers(), route, principal, moment, names: [] }
  }

  const works: Promise<unknown>[] = []
  const recallWith = (open: () => Promise<Shelf>) => createRecall({ open, clock, mappedNames: [] })

  async function askThrough(open: () => Promise<Shelf>, response = new Response('fresh')) {
    const answering = recallWith(open)(departure('/open/x'), async () => ok({ response }))
    await clock.advance(600)
    const answered = await answering
    if (!answered.ok) throw new Error(answered.error.code)
    const body = await answered.value.response.text()
    await Promise.all(works)
    return body
  }

  it.each<[string, () => Promise<Shelf>]>([
    ['cannot be opened', failing],
    ['cannot be read', async () => ({ ...well, match: failing })],
    ['never answers', async () => ({ ...well, match: () => new Promise(() => {}) })],
    ['cannot be written', async () => ({ ...well, put: failing })],
    ['holds what nobody packed', async () => ({ ...well, match: async () => new Response('old') })],
    [
      'holds what cannot be read',
      async () => ({
        ...well,
        match: async () => new Response('old', { headers: { 'x-usher-label': 'bm90IEpTT04' } }),
      }),
    ],
  ])('%s knows nothing', async (_, open) => {
    expect(await askThrough(open)).toBe('fresh')
  })

  it('fails as its origin does', async () => {
    const answered = await recallWith(async () => well)(departure('/open/x'), async () =>
      refuse('origin-unreachable'),
    )
    expect(answered).toEqual(refuse('origin-unreachable'))
  })

  async function sizesPut(response: Response): Promise<number[]> {
    const sizes: number[] = []
    const put: Shelf['put'] = async (_, packed) => {
      sizes.push((await packed.arrayBuffer()).byteLength)
    }
    await askThrough(async () => ({ ...well, put }), response).catch(() => {})
    return sizes
  }

  it('takes whole answers up to its bound, and none beyond', async () => {
    expect(await sizesPut(new Response(null))).toEqual([0])
    expect(await sizesPut(new Response(streamOf(keptMaxBytes)))).toEqual([keptMaxBytes])
    expect(await sizesPut(new Response(streamOf(keptMaxBytes + 1)))).toEqual([])
    expect(await sizesPut(new Response(streamOf(100_000, true)))).toEqual([])
    const headers = { 'content-length': String(keptMaxBytes + 1) }
    const large = new Response(streamOf(keptMaxBytes + 1), { headers })
    // It says so, and is handed on untouched.
    expect(createCopier(clock)(large, nothing)).toBe(large)
    expect(await sizesPut(large)).toEqual([])
  })

  it('keeps nothing that is shorter than it says', async () => {
    const cut = new Response(streamOf(9), { headers: { 'content-length': '10' } })
    expect(await sizesPut(cut)).toEqual([])
  })

  const sizes = [0, 1, 16_384, 16_385, 100_000, keptMaxBytes]
  it.each(sizes)('takes %i bytes as they came, whether they say so or not', async (sizeBytes) => {
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251)
    const announced = { headers: { 'content-length': String(sizeBytes) } }
    for (const init of [{}, announced]) {
      const kept: Uint8Array[] = []
      const body = new Blob([bytes]).stream()
      const copied = createCopier(clock)(new Response(body, init), async (copy) => {
        kept.push(copy)
      })
      expect(new Uint8Array(await copied.arrayBuffer())).toEqual(bytes)
      expect(kept).toEqual([bytes])
    }
  })
})

describe('copies, of which many may be on their way', () => {
  const clock = createFakeClock()
  const count = copiesMaxBytes / keptMaxBytes

  /** A copier with as many answers as it has room for, none of which anyone reads. */
  function fill(init: () => Response, its: Clock = clock) {
    const copy = createCopier(its)
    const kept: number[] = []
    const keep = async (body: Uint8Array) => void kept.push(body.byteLength)
    const isCopied = (response: Response) => {
      const copied = copy(response, keep)
      return copied === response ? undefined : copied
    }
    const held = Array.from({ length: count }, () => isCopied(init()))
    return { isCopied, held, kept }
  }
  const unmeasured = () => new Response(streamOf(300_000))
  const measured = (sizeBytes: number) => () =>
    new Response(streamOf(sizeBytes), { headers: { 'content-length': String(sizeBytes) } })

  it.each([
    ['that do not say their length', unmeasured],
    ['that do', measured(keptMaxBytes)],
  ])('%s hold no more than their bound: the rest pass uncopied', (_, init) => {
    const { isCopied, held } = fill(init)
    expect(held).not.toContain(undefined)
    expect(isCopied(unmeasured())).toBeUndefined()
    expect(isCopied(measured(1)())).toBeUndefined()
  })

  it('count for as much as they say', () => {
    const { isCopied, held } = fill(measured(keptMaxBytes - 1))
    expect(held).not.toContain(undefined)
    expect(isCopied(measured(count + 1)())).toBeUndefined()
    expect(isCopied(measured(count)())).toBeDefined()
    expect(isCopied(measured(1)())).toBeUndefined()
  })

  it.each<[string, (held: Response | undefined) => Promise<unknown> | undefined, number[]]>([
    ['was read and kept', (held) => held?.text(), [300_000]],
    ['was let go by its client', (held) => held?.body?.cancel(), []],
  ])('make room when one %s', async (_, end, expected) => {
    const { isCopied, held, kept } = fill(unmeasured)
    await end(held[0])
    await clock.advance(0)
    expect(kept).toEqual(expected)
    expect(isCopied(unmeasured())).toBeDefined()
    expect(isCopied(unmeasured())).toBeUndefined()
  })

  it('that nobody reads in time make room, and are not kept', async () => {
    const { isCopied, held, kept } = fill(unmeasured)
    await clock.advance(copyLimitMs - 1)
    expect(isCopied(unmeasured())).toBeUndefined()
    await clock.advance(1)
    expect(isCopied(unmeasured())).toBeDefined()
    expect([(await held[0]?.arrayBuffer())?.byteLength, kept]).toEqual([300_000, []])
    // Reading late gives back nothing that is free already.
    for (let one = 1; one < count; one++) expect(isCopied(unmeasured())).toBeDefined()
    expect(isCopied(unmeasured())).toBeUndefined()
  })

  it('make room in time where the platform ends a request without a word', async () => {
    const { isCopied } = fill(unmeasured, { ...clock, after: () => () => {} })
    await clock.advance(copyLimitMs - 1)
    expect(isCopied(unmeasured())).toBeUndefined()
    await clock.advance(1)
    expect(isCopied(unmeasured())).toBeDefined()
  })
})
