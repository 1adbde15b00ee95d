/**
 * The front door of production: it hands the user's configuration and every request to the house.
 * It holds no logic and relaxes nothing.
 * The platform calls it.
 */
import { entryPoint } from './checks/entrypoint.ts'
import { type Env, frontDoor } from './deps.ts'
import definition from './site/gateway.config.ts'

export { Limiter } from './store/limiter.ts'

const door = frontDoor(() => ({ definition, app: () => import('./app.ts') }))

/** What other Workers of the account call by service binding. */
export class Checks extends entryPoint(door.open) {}

export default {
  fetch: (request, env, context) => door.fetch(request, env, context),
  scheduled: (_cron, env) => door.scheduled(env),
} satisfies ExportedHandler<Env>
