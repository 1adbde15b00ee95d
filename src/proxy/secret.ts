import { foldHeaderName, remembering } from '../model/headers.ts'
import type { OriginSecret } from '../model/origin.ts'

const spellings = new WeakMap<OriginSecret, (name: string) => boolean>()

/**
 * Puts the secret of an origin where nobody else's can be: whatever stands under its name in any spelling
 * that an origin may fold is removed first.
 */
export function showSecret(headers: Headers, secret: OriginSecret): void {
  const isSpelling = spellings.get(secret) ?? spellingOf(secret)
  spellings.set(secret, isSpelling)
  for (const name of [...headers.keys()]) if (isSpelling(name)) headers.delete(name)
  headers.set(secret.name, secret.value)
}

function spellingOf({ name }: OriginSecret): (name: string) => boolean {
  const folded = foldHeaderName(name)
  return remembering((other) => foldHeaderName(other) === folded)
}
