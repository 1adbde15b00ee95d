/**
 * Local mode: the same gateway before a demo origin, with a Clerk of its own, for one machine.
 * It is never part of what is deployed, and nothing in it is reached from the production entry.
 * Whoever runs `npm start` calls it; `npm run token` makes tokens that it accepts.
 */
import { entryPoint } from '../checks/entrypoint.ts'
import { lint } from '../config/lint.ts'
import type { Relaxations } from '../config/relaxations.ts'
import { type Env, frontDoor, type House } from '../deps.ts'
import site from '../site/gateway.config.ts'
import type { Opening } from './clerk/backend-api.ts'
import { localClerk } from './clerk/clerk.ts'
import type { IssuerKey } from './clerk/issuer.ts'
import demo from './demo.config.ts'
import { demoOrigin } from './origin.ts'

export { Limiter } from '../store/limiter.ts'

const relaxations: Relaxations = { plainAddresses: true, standInKeys: true, openDiagnosis: true }

const door = frontDoor(
  (env) =>
    ({
      definition: env.ORIGIN_URL ? site : demo,
      relaxations,
      lint,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        return answerAsClerk(request, env) ?? fetch(request)
      },
      app: () => import('../app.ts'),
    }) satisfies House,
)

/** What other Workers call by service binding, as in production. */
export class Checks extends entryPoint(door.open) {}

export default {
  async fetch(request, env, context) {
    return answerAsClerk(request, env) ?? door.fetch(request, env, context)
  },
  scheduled: (_cron, env) => door.scheduled(env),
} satisfies ExportedHandler<Env>

/** The entry point that the service binding `DEMO` names. */
export const DemoOrigin = {
  fetch: (request) => demoOrigin.fetch(request),
} satisfies ExportedHandler<Env>

/** What the local Clerk answers, or `undefined` when the request is not for it or it is not in use. */
function answerAsClerk(request: Request, env: Env): Response | Promise<Response> | undefined {
  if (new URL(request.url).hostname !== env.LOCAL_CLERK_HOST) return undefined
  return localClerk(readIssuerKey(env.LOCAL_CLERK_KEY), readOpening(env)).fetch(request)
}

function readOpening(env: Env): Opening {
  const secretKey = textOf(env.CLERK_SECRET_KEY)
  const id = textOf(env.CLERK_MACHINE_ID)
  const machineKey = textOf(env.CLERK_MACHINE_SECRET_KEY)
  const isMachine = id !== undefined && machineKey !== undefined
  return { secretKey, machine: isMachine ? { id, secretKey: machineKey } : undefined }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readIssuerKey(text: unknown): IssuerKey {
  const key: Partial<IssuerKey> = JSON.parse(String(text))
  if (typeof key.kid === 'string' && typeof key.kty === 'string') return key as IssuerKey
  throw new TypeError('LOCAL_CLERK_KEY is not the key that `npm start` made')
}
