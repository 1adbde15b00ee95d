/**
 * Local mode: the same gateway before a demo origin, with a Clerk of its own, for one machine.
 * It is never part of what is deployed, and nothing in it is reached from the production entry.
 * Whoever runs `npm start` calls it; `npm run token` makes tokens that it accepts.
 */
import { entryPoint } from '../checks/entrypoint.ts'
import { lint } from '../config/lint.ts'
import type { Relaxations } from '../config/relaxations.ts'
import type { Env, House } from '../deps.ts'
import { frontDoor } from '../front-door.ts'
import type { Job } from '../model/job.ts'
import site from '../site/gateway.config.ts'
import { syncWorkflow } from '../tasks/workflow.ts'
import demo from './demo.config.ts'
import { demoOrigin } from './origin.ts'
import { standInPath } from './stand-in-path.ts'

export { Limiter } from '../store/limiter.ts'
export { ClerkStandIn } from './clerk/object.ts'

const relaxations: Relaxations = {
  plainAddresses: true,
  standInKeys: true,
  openDiagnosis: true,
  operatorAnywhere: true,
}

const door = frontDoor(
  (env) =>
    ({
      definition: env.ORIGIN_URL ? site : demo,
      relaxations,
      lint,
      app: openApp,
      loadHandlers: async () => (await import('../site/events.ts')).default,
    }) satisfies House,
)

/** Usher's own rooms, and the demo page. */
async function openApp() {
  const { createApp } = await import('../app.ts')
  const { withDemoPage } = await import('./demo-page.ts')
  return {
    createApp: (...parts: Parameters<typeof createApp>) =>
      withDemoPage(createApp(...parts), parts[1].rules.prefix),
  }
}

/** Walks through what Clerk has, however long that takes. */
export class Sync extends syncWorkflow(door.openOffice) {}

/** What other Workers call by service binding, as in production. */
export class Checks extends entryPoint(door.open) {}

export default {
  async fetch(request, env, context) {
    return answerAsClerk(request, env) ?? door.fetch(request, env, context)
  },
  scheduled: (_cron, env) => door.scheduled(env),
  queue: (batch, env) => door.queue(batch, env),
} satisfies ExportedHandler<Env, Job>

/** The entry point that the service binding `DEMO` names. */
export const DemoOrigin = {
  fetch: (request) => demoOrigin.fetch(request),
} satisfies ExportedHandler<Env>

/**
 * What the local stand-in answers, or `undefined` when the request is not for it or it is not in use. The gateway
 * itself reaches it over the network, by the addresses that it would have for Clerk.
 */
function answerAsClerk(request: Request, env: Env): Response | Promise<Response> | undefined {
  const { CLERK_STAND_IN: objects, LOCAL_CLERK_KEY: key } = env
  if (key === undefined) return undefined
  const url = new URL(request.url)
  // Its pages name each other by where they are, which is wrong without the slash.
  if (url.pathname === standInPath) {
    return new Response(null, {
      status: 308,
      headers: { location: `${standInPath}/${url.search}` },
    })
  }
  if (!url.pathname.startsWith(`${standInPath}/`) || !isNamespace(objects)) return undefined
  url.pathname = url.pathname.slice(standInPath.length)
  return objects.get(objects.idFromName('clerk')).fetch(new Request(url, request))
}

function isNamespace(value: unknown): value is DurableObjectNamespace {
  return typeof value === 'object' && value !== null && 'idFromName' in value
}
