/** A record that was written, or its name alone where it was removed. */
export interface Change {
  readonly table: string
  readonly id: string
  readonly record: object | undefined
}

/** Takes changes; they are made durable together, when an operation is over. */
export type NoteChange = (change: Change) => void

/**
 * The records of one kind, in memory, in the order in which they were made. Records are never changed in
 * place: whoever changes one puts another with its id.
 */
export class Table<T extends { readonly id: string }> {
  readonly #records = new Map<string, T>()
  readonly #name: string
  readonly #note: NoteChange

  constructor(name: string, note: NoteChange) {
    this.#name = name
    this.#note = note
  }

  get(id: string | null | undefined): T | undefined {
    return id === null || id === undefined ? undefined : this.#records.get(id)
  }

  put(record: T): T {
    this.#records.set(record.id, record)
    this.#note({ table: this.#name, id: record.id, record })
    return record
  }

  remove(id: string): void {
    if (this.#records.delete(id)) this.#note({ table: this.#name, id, record: undefined })
  }

  /** What was kept, as it is read at the start; nothing is noted. */
  restore(record: T): void {
    this.#records.set(record.id, record)
  }

  find(test: (record: T) => boolean): T | undefined {
    for (const record of this.#records.values()) if (test(record)) return record
    return undefined
  }

  filter(test: (record: T) => boolean): T[] {
    return this.all().filter(test)
  }

  all(): T[] {
    return [...this.#records.values()]
  }

  get size(): number {
    return this.#records.size
  }
}
