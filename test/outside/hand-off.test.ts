import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openScene, type Scene } from '../support/gateway.ts'
import { status } from '../support/raw.ts'

// What an origin reads of the mapped headers, byte for byte, whatever a client wrote under their names.

const map = {
  'X-Forwarded-User': 'userId',
  'X-Roles': { from: 'roles', as: 'json' },
  'X-Name': { from: { claim: 'name' } },
  'Remote-Email': 'email',
}
const names = Object.keys(map)

let scene: Scene

beforeAll(async () => {
  scene = await openScene({ IDENTITY_MAP: JSON.stringify(map) })
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** What lenient origins read as the same name; a name on the wire is made of these characters. */
function aliasesOf(name: string): string[] {
  const separators = ['-', '_', '.', '--', '-_', '!', '#', '*', '+', '|', '~']
  const spellings = separators.map((separator) => name.replaceAll('-', separator))
  const cases = [name.toLowerCase(), name.toUpperCase(), `-${name}`, `${name}-`, `_${name}_`]
  return [...spellings, ...cases]
}

const aliases = names.flatMap(aliasesOf)

/** The lines of the origin's request whose name is one of ours to a reader who folds names. */
function arrivedLines(): string[] {
  const words = (text: string) =>
    text
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-')
  const ours = names.map(words)
  return scene
    .arrived()
    .headerLines.filter((line) => ours.includes(words(line.split(':')[0] ?? '')))
}

describe('of every alias that a client may write', () => {
  it.each(['/public/x', '/optional/x', '/api/x'])(
    'none arrives at the origin: %s',
    async (path) => {
      expect(aliases).toHaveLength(names.length * 16)
      const signedIn = path === '/api/x'
      const lines = aliases.map((alias) => `${alias}: forged`)
      const token = signedIn ? [bearer(await scene.gateway.token({ name: 'Zoë, "Z"' }))] : []
      const nominated = [`Connection: close, ${names.join(', ')}`]
      expect(status(await scene.gateway.get(path, [...lines, ...nominated, ...token]))).toBe(200)
      expect(arrivedLines().sort()).toEqual(
        signedIn
          ? [
              'Remote-Email: shared@example.com',
              'X-Forwarded-User: user_ada',
              'X-Name: Zo%C3%AB%2C "Z"',
              'X-Roles: ["admin"]',
            ]
          : ['Remote-Email:', 'X-Forwarded-User:', 'X-Name:', 'X-Roles:'],
      )
      expect(scene.arrived().headerLines.join('\n')).not.toContain('forged')
    },
  )

  it('one that is not ours arrives', async () => {
    await scene.gateway.get('/public/x', ['X-Names: kept', 'X-Role: kept'])
    expect(scene.arrived().headerLines).toEqual(
      expect.arrayContaining(['X-Names: kept', 'X-Role: kept']),
    )
  })
})
