/** A bounded memory: what has not been asked for lately is forgotten first. */
export interface Recent<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
}

/**
 * A memory of at most `entriesMax` entries. It keeps two generations and drops the older one when the
 * younger is full, so every operation is constant time and an entry in use survives.
 */
export function createRecent<K, V>(entriesMax: number): Recent<K, V> {
  const generationMax = Math.max(1, Math.floor(entriesMax / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()

  function set(key: K, value: V): void {
    if (young.size >= generationMax && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  function get(key: K): V | undefined {
    const value = young.get(key)
    if (value !== undefined) return value
    const elder = old.get(key)
    if (elder !== undefined) set(key, elder)
    return elder
  }

  function remove(key: K): void {
    young.delete(key)
    old.delete(key)
  }

  return { get, set, delete: remove }
}
