import { env } from 'cloudflare:workers'
import type { RouteConfig } from '../../src/config/define.ts'
import type { LimitConfig } from '../../src/config/limits.ts'
import { createWorld } from '../support/world.ts'

/** A Rate Limiting binding that lets everything pass until a test says otherwise. */
export function createEdge() {
  const limiter = {
    keys: [] as string[],
    answer: async (): Promise<{ success: boolean }> => ({ success: true }),
    limit({ key }: { key: string }) {
      limiter.keys.push(key)
      return limiter.answer()
    },
  }
  return limiter
}

/** The real objects, and how often one was asked. */
function createObjects() {
  const objects = {
    asked: 0,
    /** Replaced by a test to fail or hang. */
    take: undefined as (() => Promise<never>) | undefined,
    idFromName: (name: string) => env.LIMITER.idFromName(name),
    get(id: DurableObjectId) {
      const stub = env.LIMITER.get(id)
      return {
        take(requests: number, windowMs: number) {
          objects.asked += 1
          return objects.take?.() ?? stub.take(requests, windowMs)
        },
      }
    },
  }
  return objects
}

let scenes = 0

/** A world in which one route has limits, and a path of its own, so that it counts from nothing. */
export async function limited(limits: readonly LimitConfig[], route: Partial<RouteConfig> = {}) {
  scenes += 1
  const path = `/limited-${scenes}/**`
  const [burst, objects] = [createEdge(), createObjects()]
  const world = await createWorld({
    config: { routes: [{ path, origin: 'api', ...route, limits }] },
    bindings: { BURST: burst, LIMITER: objects },
  })
  const ada = await world.token()
  const target = path.replace('**', 'x')
  const ask = (init?: RequestInit, token: string | undefined = ada) =>
    world.get(target, token, init)
  return { world, burst, objects, target, ask }
}
