/** The life of a key set in KV: as long as the last known good set may serve. KV counts in seconds. */
const lifeSeconds = 24 * 60 * 60

/**
 * The key set of one issuer in KV, under `keys:<issuer>`. KV may answer with what it held a minute ago:
 * a set carries its own time, and only keys are ever kept here.
 */
export function createKeyStore(kv: KVNamespace, issuer: string) {
  const name = `keys:${issuer}`
  return {
    // Asynchronous, so that a KV that throws at once has failed like any other.
    read: async (): Promise<string | null> => kv.get(name),
    write: async (text: string): Promise<void> =>
      kv.put(name, text, { expirationTtl: lifeSeconds }),
  }
}
