import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openScene, type Scene } from '../support/gateway.ts'
import { builtFromEmpty } from '../support/header-model.ts'
import { rarities } from '../support/tally.ts'
import { checkHeaders, headerVariety, type Model } from './headers.property.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

it('of three thousand sets of headers, what arrives is what a set built from empty holds', {
  timeout: 60_000,
}, async () => {
  // a minute
  const tally = await checkHeaders(scene, 3_000)
  expect(rarities(tally, 3_000, headerVariety)).toEqual([])
})

describe('this law is broken by a gateway that', () => {
  const wrong: [string, Model][] = [
    [
      'lets nominated headers through',
      (lines, rest) =>
        builtFromEmpty(
          lines.filter(({ name }) => !/^connection$/i.test(name)),
          rest,
        ),
    ],
    [
      'compares names without folding them',
      (lines, rest) => {
        const aliases = lines.filter(({ name }) => /^x_usher/i.test(name))
        return new Map([
          ...builtFromEmpty(lines, rest),
          ...aliases.map(({ name, value }) => [name.toLowerCase(), [value]] as const),
        ])
      },
    ],
    [
      'shows the cookies of Clerk',
      (lines, rest) =>
        builtFromEmpty(
          lines.map((line) => ({ ...line, own: [line.value] })),
          rest,
        ),
    ],
    [
      'believes the client about who is calling',
      (lines, rest) => {
        const [forged] = lines.filter(({ name }) => name.toLowerCase() === 'x-usher-user-id')
        return builtFromEmpty(lines, { ...rest, userId: forged?.value ?? rest.userId })
      },
    ],
  ]
  it.each(wrong)('%s', async (_, model) => {
    await expect(checkHeaders(scene, 2_000, model)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('arrived instead of') },
    })
  })
})
