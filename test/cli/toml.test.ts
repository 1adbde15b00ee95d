import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { editToml, type TomlEdit } from '../../src/cli/toml.ts'
import { parseWorkerToml } from '../../src/cli/worker-file.ts'
import { lintBindings } from '../../src/config/lint-bindings.ts'
import { projectPath } from '../support/platform.ts'

const shipped = `# Production's bindings.
name = "usher" # its name
main = "src/index.ts"
compatibility_date = "2026-10-01"

# No extra doors.
workers_dev = false # on purpose

# Keys.
[[kv_namespaces]]
binding = "KV"

# People.
[[d1_databases]] # one
binding = "DB"
database_name = "usher"

# Logs.
[observability]
enabled = true
`

const nothingBehind = {
  queue: undefined,
  isQueueRead: false,
  areDeadLettersRead: false,
  hasSync: false,
  hasCrons: false,
}

const keysId: TomlEdit = {
  table: 'kv_namespaces',
  entry: ['binding', 'KV'],
  key: 'id',
  value: 'abc',
}
const databaseId: TomlEdit = {
  table: 'd1_databases',
  entry: ['binding', 'DB'],
  key: 'database_id',
  value: 'def',
}
const domain: TomlEdit = {
  table: 'routes',
  entry: ['pattern', 'api.example.com'],
  key: 'custom_domain',
  value: true,
}
const hosts: TomlEdit = { table: 'vars', key: 'HOSTS', value: 'api.example.com' }
const open: TomlEdit = { table: '', key: 'workers_dev', value: true }
const all = [keysId, databaseId, domain, hosts, open]

const comments = (text: string) => text.match(/#.*/g)

describe('an edited wrangler.toml', () => {
  const edited = editToml(shipped, all)

  it('keeps every comment, in order', () => {
    expect(comments(edited)).toEqual(comments(shipped))
  })

  it('keeps every line but the one whose value changed', () => {
    const lines = edited.split('\n')
    const gone = shipped.split('\n').filter((line) => !lines.includes(line))
    expect(gone).toEqual(['workers_dev = false # on purpose'])
  })

  it('says what the edits say, as wrangler reads it', () => {
    expect(parseWorkerToml(edited, all)).toEqual({
      ok: true,
      value: {
        name: 'usher',
        answersOnWorkersDev: true,
        routes: [{ pattern: 'api.example.com', isCustomDomain: true }],
        variables: { HOSTS: 'api.example.com' },
        keys: { id: 'abc', name: undefined },
        database: { id: 'def', name: 'usher' },
        queues: [],
        behind: nothingBehind,
      },
    })
  })

  it('is the same when it is edited again', () => {
    expect(editToml(edited, all)).toBe(edited)
  })

  it('has each value in its own table, beside the others', () => {
    expect(edited).toContain('[[kv_namespaces]]\nbinding = "KV"\nid = "abc"\n\n# People.')
    expect(edited).toContain('database_name = "usher"\ndatabase_id = "def"\n\n# Logs.')
  })
})

describe('an edit', () => {
  it.each(['say "hi"', 'back\\slash', 'two\nlines', '# no comment', "it's", '[vars]', 'ü€😀'])(
    'can write %j',
    (value) => {
      const edit = { table: 'vars', key: 'HOSTS', value }
      const twice = editToml(editToml(shipped, [edit]), [edit])
      expect(parseWorkerToml(twice, [edit])).toMatchObject({
        value: { variables: { HOSTS: value } },
      })
    },
  )

  it('finds an entry that is written with single quotes', () => {
    const text = shipped.replace('"KV"', "'KV'")
    expect(parseWorkerToml(editToml(text, [keysId]), [keysId])).toMatchObject({ ok: true })
  })

  it.each([
    [
      'tables that stand inline',
      keysId,
      ['[[kv_namespaces]]\nbinding = "KV"', 'kv_namespaces = [{ binding = "KV" }]'],
    ],
    ['variables that stand inline', hosts, ['main = ', 'vars = { HOSTS = "old" }\nmain = ']],
    ['a value on several lines', hosts, ['# Logs.', '[vars]\nHOSTS = """\nold"""\n# Logs.']],
    ['a quoted key', hosts, ['# Logs.', '[vars]\n"HOSTS" = "old"\n# Logs.']],
    ['an entry that is there twice', keysId, ['# People.', '[[kv_namespaces]]\nbinding = "KV"\n']],
  ])(
    'is refused, and said how to make, in the face of %s',
    (_what, edit, [old = '', made = '']) => {
      const text = shipped.replace(old, made)
      expect(text).not.toBe(shipped)
      const parsed = parseWorkerToml(editToml(text, [edit]), [edit])
      expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(`${edit.key} = `) })
    },
  )
})

describe('what works behind the requests', () => {
  const sent = '[[queues.producers]]\nbinding = "QUEUE"\nqueue = "jobs"\n'
  const read = '[[queues.consumers]]\nqueue = "jobs"\n'
  const both = { queue: 'jobs', isQueueRead: true }
  it.each([
    [sent, { queue: 'jobs' }, ['jobs']],
    [sent.replace('QUEUE', 'OTHER'), {}, ['jobs']],
    [`${sent}${read.replace('jobs', 'others')}`, { queue: 'jobs' }, ['jobs', 'others']],
    [`${sent}${read}`, both, ['jobs']],
    [`${sent}${read}dead_letter_queue = "dead"\n`, both, ['jobs', 'dead']],
    [
      `${sent}${read}dead_letter_queue = "dead"\n${read.replace('jobs', 'dead')}`,
      { ...both, areDeadLettersRead: true },
      ['jobs', 'dead'],
    ],
    ['[[workflows]]\nbinding = "SYNC"\nname = "s"\nclass_name = "S"\n', { hasSync: true }, []],
    ['[triggers]\ncrons = ["* * * * *"]\n', { hasCrons: true }, []],
    ['[triggers]\ncrons = []\n', {}, []],
  ])('is read of %j', (toml, behind, queues) => {
    expect(parseWorkerToml(`name = "usher"\n${toml}`)).toMatchObject({
      ok: true,
      value: { queues, behind: { ...nothingBehind, ...behind } },
    })
  })

  it('is all there as it ships', () => {
    const shippedFile = parseWorkerToml(readFileSync(`${projectPath}wrangler.toml`, 'utf8'))
    if (!shippedFile.ok) throw new Error(shippedFile.error)
    expect(shippedFile.value.queues).toEqual(['usher', 'usher-dead'])
    expect(lintBindings(shippedFile.value.behind)).toEqual([])
    expect(lintBindings(nothingBehind).map(({ place }) => place)).toEqual([
      ...['QUEUE', 'SYNC', 'triggers.crons'],
    ])
  })
})

describe('wrangler.toml as it is', () => {
  it('takes every edit of a deployment', () => {
    const text = readFileSync(`${projectPath}wrangler.toml`, 'utf8')
    const edited = editToml(text, all)
    expect(parseWorkerToml(edited, all)).toMatchObject({ ok: true })
    expect(comments(edited)).toEqual(comments(text))
  })

  it('that is no TOML is refused in a sentence', () => {
    expect(parseWorkerToml('name = [')).toMatchObject({
      ok: false,
      error: expect.stringContaining('wrangler.toml'),
    })
  })
})
