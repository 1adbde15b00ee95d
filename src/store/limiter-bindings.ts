import type { Limiters, Tally } from '../model/limiting.ts'

/** What an object without room for one more request is said to have answered: nothing passes for a second. */
const overloaded: Tally = { passes: false, remaining: 0, resetMs: 1000 }

/** Reaches the limiters among the bindings of a Worker. */
export function bindLimiters(bindings: Readonly<Record<string, unknown>>): Limiters {
  const objects = bindings.LIMITER
  return {
    edge(name) {
      const binding = bindings[name]
      return isRateLimit(binding)
        ? async (key) => (await binding.limit({ key })).success
        : undefined
    },
    exact: isNamespace(objects)
      ? (key, requests, windowMs) => {
          const ask = async () => objects.get(objects.idFromName(key)).take(requests, windowMs)
          return ask().catch((thrown: unknown) => {
            // Each object is one caller's: it is they who send more than it can count.
            if (hasFlag(thrown, 'overloaded')) return overloaded
            // An object that moves or is deployed anew lets go of whoever asks; its next stub finds it again.
            if (hasFlag(thrown, 'retryable')) return ask()
            throw thrown
          })
        }
      : undefined,
  }
}

interface Namespace {
  idFromName(name: string): DurableObjectId
  get(id: DurableObjectId): { take(requests: number, windowMs: number): Promise<Tally> }
}

function isNamespace(binding: unknown): binding is Namespace {
  return typeof (binding as Partial<Namespace> | undefined)?.idFromName === 'function'
}

function isRateLimit(binding: unknown): binding is RateLimit {
  return typeof (binding as Partial<RateLimit> | undefined)?.limit === 'function'
}

/** What the platform says of an error of a Durable Object. */
function hasFlag(thrown: unknown, flag: 'overloaded' | 'retryable'): boolean {
  return thrown instanceof Error && Reflect.get(thrown, flag) === true
}
