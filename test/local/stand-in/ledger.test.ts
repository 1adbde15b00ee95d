import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { backendOperations } from '../../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../../src/local/clerk/frontend/operations.ts'
import { findOperation } from '../../../src/local/clerk/kernel/operation.ts'
import {
  backendLedger,
  type Entry,
  frontendLedger,
  omissionOf,
} from '../../../src/local/clerk/ledger.ts'
import { projectRoot } from '../../../src/local/keyring.ts'
import { undescribed } from '../../support/contract.ts'
import { type Api, descriptionsAreHere } from '../../support/descriptions.ts'
import {
  alwaysRefuse,
  ledgerPath,
  ledgerSource,
  ledgerText,
  markers,
  nameOfEntry,
  standingOf,
} from '../../support/ledger.ts'
import { answerOf, at, createTestStandIn, type TestStandIn } from '../../support/stand-in.ts'

const ledgers = { frontend: frontendLedger, backend: backendLedger }
const operations = { frontend: frontendOperations, backend: backendOperations }
const sizes = { frontend: 202, backend: 249 }
const fewest = { frontend: 50, backend: 70 }
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

let kit: TestStandIn

beforeAll(async () => {
  kit = await createTestStandIn()
})

/** A path with something in place of each parameter. */
function filled(path: string): string {
  return path.replaceAll(/\{\w+\}/g, 'x_1')
}

/** Asks with the secret key, which opens both. */
function ask(api: Api, method: string, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${kit.settings.secretKey}` }
  return kit.standIn.fetch(
    new Request(`http://127.0.0.1/${api}${filled(path)}`, { method, headers }),
  )
}

describe.each(['frontend', 'backend'] as const)('the ledger of the %s API', (api) => {
  it.skipIf(!descriptionsAreHere)('is what the description says, to the letter', () => {
    expect(readFileSync(ledgerPath(api), 'utf8')).toBe(ledgerSource(api))
    expect(ledgers[api]).toHaveLength(sizes[api])
  })

  it('has every operation that is mounted, under its own id', () => {
    const written = new Map(ledgers[api].map((entry) => [nameOfEntry(entry), entry.id]))
    const strange = operations[api].filter(({ id, ...one }) => {
      const isExtra = undescribed.includes(nameOfEntry(one))
      return !isExtra && written.get(nameOfEntry(one)) !== id
    })
    expect(strange.map(({ id, ...one }) => `${id}: ${nameOfEntry(one)}`)).toEqual([])
  })

  it('mounts no operation twice', () => {
    const names = operations[api].map(nameOfEntry)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it(`has at least ${fewest[api]} operations that work`, () => {
    const { works, missing, omitted } = standingOf(api)
    expect(works.length).toBeGreaterThanOrEqual(fewest[api])
    const refusing = ledgers[api].filter(({ id }) => alwaysRefuse.has(id))
    const all = [...works, ...missing, ...omitted, ...refusing]
    expect(all.map(nameOfEntry).sort()).toEqual(ledgers[api].map(nameOfEntry).sort())
  })

  it('answers 501 with the operation id for every operation that does not work', async () => {
    const { missing, omitted } = standingOf(api)
    const wrong: string[] = []
    for (const entry of [...missing, ...omitted]) {
      const answer = await answerOf(await ask(api, entry.method, entry.path))
      const id = at(answer.body, 'errors.0.meta.operationId')
      if (answer.status !== 501 || id !== entry.id) {
        wrong.push(`${nameOfEntry(entry)}: ${answer.status} ${String(id)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(omitted.length).toBeGreaterThan(50)
  })

  it('says why of every operation that it leaves out for good, and of no other', async () => {
    const { missing, omitted } = standingOf(api)
    const wrong: string[] = []
    for (const entry of [...missing, ...omitted]) {
      const answer = await answerOf(await ask(api, entry.method, entry.path))
      const words = String(at(answer.body, 'errors.0.long_message'))
      const reason = omissionOf(entry)?.reason
      if (reason === undefined ? words.includes('leaves out') : !words.includes(reason)) {
        wrong.push(`${nameOfEntry(entry)}: ${words}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('says yes to no method that the description does not have', async () => {
    const paths = new Set(ledgers[api].map(({ path }) => path))
    const unknown = [...paths].flatMap((path) =>
      methods.filter((method) => !isKnown(api, method, path)).map((method) => ({ method, path })),
    )
    const wrong: string[] = []
    for (const entry of unknown) {
      const { status } = await ask(api, entry.method, entry.path)
      if (status !== 404 && status !== 405) wrong.push(`${nameOfEntry(entry)}: ${status}`)
    }
    expect(wrong).toEqual([])
    expect(unknown.length).toBeGreaterThan(500)
  })

  it('says yes to no path that the description does not have', async () => {
    const strange = ledgers[api].flatMap(({ path }) => [
      `${path}/surprise`,
      `${path}//`,
      `/${path}`,
      path.replace(/(\w)(\w*)$/, (_all, first: string, rest: string) => `${first}x${rest}`),
    ])
    const unknown = strange.filter((path) => methods.every((method) => !isKnown(api, method, path)))
    const wrong: string[] = []
    for (const path of new Set(unknown)) {
      const { status } = await ask(api, 'GET', path)
      if (status !== 404) wrong.push(`${path}: ${status}`)
    }
    expect(wrong).toEqual([])
    expect(unknown.length).toBeGreaterThan(300)
  })
})

/** Whether the ledger has it, under whatever name of a parameter. */
function isKnown(api: Api, method: string, path: string): boolean {
  const name = nameOfEntry({ method, path })
  const isListed = findOperation<Entry>(ledgers[api], method, filled(path)) !== undefined
  return isListed || undescribed.includes(name)
}

describe('what is left out for good', () => {
  it('is nothing that works', () => {
    const both = [...frontendLedger, ...backendLedger].filter((entry) => omissionOf(entry))
    const mounted = new Set([...frontendOperations, ...backendOperations].map(({ id }) => id))
    expect(both.filter(({ id }) => mounted.has(id)).map(nameOfEntry)).toEqual([])
  })

  it('is what a reader of the table would expect', () => {
    const whatOf = (path: string) => omissionOf({ method: 'GET', path, id: '' })?.what
    expect(whatOf('/v1/me/billing/checkouts')).toBe('billing')
    expect(whatOf('/billing/plans')).toBe('billing')
    expect(whatOf('/v1/me/passkeys')).toBe('wallets, passkeys and trusted devices')
    expect(whatOf('/oauth_applications')).toBe('the OAuth provider')
    expect(whatOf('/oauth_applications/access_tokens/verify')).toBeUndefined()
    expect(whatOf('/v1/me')).toBeUndefined()
    expect(whatOf('/users/{user_id}')).toBeUndefined()
  })
})

describe('what people read', () => {
  const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')

  it('says of the operations what is true', () => {
    const [first, last] = markers
    const [, told] =
      new RegExp(`${first}\n\n([^]*?)\n\n${last}`).exec(read('src/local/README.md')) ?? []
    expect(told, 'write it anew: npx node test/support/ledger.ts').toBe(ledgerText())
  })

  it('says on the front page how many work', () => {
    const counts = /(\d+) operations of the\s+Frontend API and (\d+) of the Backend API/.exec(
      read('README.md'),
    )
    expect(counts?.slice(1)).toEqual(
      (['frontend', 'backend'] as const).map((api) => String(standingOf(api).works.length)),
    )
  })
})
