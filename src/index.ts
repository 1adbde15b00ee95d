/**
 * The front door of production: it hands the user's configuration and every request to the house.
 * It holds no logic and relaxes nothing.
 * The platform calls it.
 */
import { entryPoint } from './checks/entrypoint.ts'
import type { Env } from './deps.ts'
import { frontDoor } from './front-door.ts'
import type { Job } from './model/job.ts'
import definition from './site/gateway.config.ts'
import { syncWorkflow } from './tasks/workflow.ts'

export { Limiter } from './store/limiter.ts'

const door = frontDoor(() => ({
  definition,
  app: () => import('./app.ts'),
  loadHandlers: async () => (await import('./site/events.ts')).default,
}))

/** What other Workers of the account call by service binding. */
export class Checks extends entryPoint(door.open) {}

/** Walks through what Clerk has, however long that takes. */
export class Sync extends syncWorkflow(door.openOffice) {}

export default {
  fetch: (request, env, context) => door.fetch(request, env, context),
  scheduled: (_cron, env) => door.scheduled(env),
  queue: (batch, env) => door.queue(batch, env),
} satisfies ExportedHandler<Env, Job>
