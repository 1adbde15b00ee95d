/** What no check has confirmed for so long is forgotten. KV counts in seconds. */
const lifeSeconds = 60 * 60
/** No set has more members. */
const namesMax = 32

/** Which members of the sets of origins failed their last check. */
export interface MemberHealth {
  /** The names of those of one origin. */
  read(origin: string): Promise<ReadonlySet<string>>
  write(origin: string, down: ReadonlySet<string>): Promise<void>
}

/**
 * What checks found, in KV under `health:<origin>`. It holds those that are down alone: nothing is there while
 * all is well, and what cannot be read accuses nobody. KV may answer with what it held a minute ago.
 */
export function createMemberHealth(kv: Pick<KVNamespace, 'get' | 'put'>): MemberHealth {
  const nameOf = (origin: string) => `health:${origin}`
  return {
    read: async (origin) => parseNames(await kv.get(nameOf(origin))),
    write: async (origin, down) =>
      kv.put(nameOf(origin), JSON.stringify([...down].sort()), { expirationTtl: lifeSeconds }),
  }
}

function parseNames(text: string | null): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(text ?? '[]')
    const isList = Array.isArray(names) && names.length <= namesMax
    return new Set(isList ? names.filter((name) => typeof name === 'string') : [])
  } catch {
    return new Set()
  }
}
