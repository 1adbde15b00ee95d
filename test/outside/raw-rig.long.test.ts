import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { rawGet, sendRaw } from '../support/raw.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'

let echo: RunningWorker
beforeAll(async () => {
  echo = await startWorker({ entry: 'test/support/echo.worker.ts' })
})
afterAll(() => echo.stop())

const pieces = [
  '/',
  '..',
  '.',
  '%2e',
  '%2F',
  '%5c',
  '\\',
  ';',
  '?',
  '&',
  '=',
  'a',
  '%61',
  '%zz',
  '~',
]

it('two thousand random targets reach the Worker as they were sent', async () => {
  const targets = array(constantFrom(...pieces), { maxLength: 12 }).map(
    (parts) => `/${parts.join('')}`,
  )
  const law = asyncProperty(targets, async (target) => {
    const { body } = await sendRaw(echo.port, rawGet(target))
    expect((JSON.parse(body) as { url: string }).url).toBe(`http://usher.test${target}`)
  })
  await assert(law, { numRuns: 2_000 })
})
