import type { RowKeeper } from '../../src/local/clerk/kernel/state.ts'

/** Rows that outlive a stand-in, in the memory of a test: open a second one on them and it has been restarted. */
export function keepInMemory(): RowKeeper {
  const rows = new Map<string, { table: string; id: string; json: string }>()
  return {
    load: () => [...rows.values()],
    write(changes) {
      for (const { table, id, record } of changes) {
        const key = `${table} ${id}`
        if (record === undefined) rows.delete(key)
        else rows.set(key, { table, id, json: JSON.stringify(record) })
      }
    },
  }
}
