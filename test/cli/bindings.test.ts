import { describe, expect, it } from 'vitest'
import {
  findOrCreate,
  listSecrets,
  parseListing,
  parsePendingMigrations,
  resources,
} from '../../src/cli/bindings.ts'
import { complaintOf } from '../../src/cli/wrangler.ts'
import { failure, fakeWrangler, pendingTable } from './fake-wrangler.ts'

describe('something in the account', () => {
  const listed = '[{"title":"other","id":"1"},{"title":"usher-kv","id":"2"}]'

  it('is found when it is there, and not made again', async () => {
    const { run, words } = fakeWrangler({ 'kv namespace list': listed })
    const found = await findOrCreate(resources.keys, 'usher-kv', run)
    expect(found).toEqual({ ok: true, value: { id: '2', isNew: false } })
    expect(words()).toEqual(['kv namespace list'])
  })

  it('is made when it is not there, and its id read from the list', async () => {
    const made = '[{"name":"usher","uuid":"9-9"}]'
    const { run, words } = fakeWrangler({ 'd1 list': ['[]', made] })
    const found = await findOrCreate(resources.database, 'usher', run)
    expect(found).toEqual({ ok: true, value: { id: '9-9', isNew: true } })
    expect(words()).toEqual(['d1 list --json', 'd1 create usher', 'd1 list --json'])
  })

  it.each([
    { 'd1 list': failure('More than one account available.') },
    { 'd1 list': '[]', 'd1 create': failure('More than one account available.') },
  ])('that cannot be had is an error in the words of wrangler', async (answers) => {
    const found = await findOrCreate(resources.database, 'usher', fakeWrangler(answers).run)
    expect(found).toEqual({ ok: false, error: 'More than one account available.' })
  })

  it('that was made and is not listed is an error', async () => {
    const { run } = fakeWrangler({ 'd1 list': '[]' })
    expect(await findOrCreate(resources.database, 'usher', run)).toMatchObject({ ok: false })
  })
})

describe('what wrangler prints', () => {
  it.each([
    ['[]', []],
    ['⛅️ wrangler [beta]\n[\n  { "name": "a" }\n]\n', [{ name: 'a' }]],
    ['[{"name":"a"},7,null]', [{ name: 'a' }]],
  ])('is a list in %j', (output, rows) => expect(parseListing(output)).toEqual(rows))

  it.each(['', 'no list', '{"name":"a"}', '[', ' [oops]', '[1'])('is no list in %j', (output) =>
    expect(parseListing(output)).toBeUndefined(),
  )

  it('names the migrations that are behind', () => {
    expect(parsePendingMigrations(pendingTable)).toEqual(['0000_start.sql', '0001_people.sql'])
  })

  it('says that none is behind, or nothing at all', () => {
    expect(parsePendingMigrations('✅ No migrations to apply!')).toEqual([])
    expect(parsePendingMigrations('something else: 0000_start.sql')).toBeUndefined()
  })

  it('is a complaint of a few lines without colours', () => {
    const long = failure(`Too bad.\n\n${'why\n'.repeat(50)}`)
    const complaint = complaintOf({ code: 1, stdout: '', stderr: '', ...long })
    expect(complaint).toMatch(/^Too bad\.\nwhy\n/)
    expect(complaint.split('\n')).toHaveLength(8)
  })

  it('is never an empty complaint', () => {
    expect(complaintOf({ code: 1, stdout: '', stderr: '' })).not.toBe('')
  })
})

describe('the secrets of a Worker', () => {
  it('are known by name', async () => {
    const { run } = fakeWrangler({ 'secret list': '[{"name":"A","type":"secret_text"}]' })
    expect(await listSecrets(run)).toEqual({ ok: true, value: new Set(['A']) })
  })

  it('are none before the Worker is', async () => {
    const { run } = fakeWrangler({ 'secret list': failure('Worker "usher" not found.\n\nDeploy.') })
    expect(await listSecrets(run)).toEqual({ ok: true, value: new Set() })
  })

  it.each([failure('Authentication error'), 'not JSON'])('are unknown after %j', async (said) => {
    expect(await listSecrets(fakeWrangler({ 'secret list': said }).run)).toMatchObject({
      ok: false,
    })
  })
})
