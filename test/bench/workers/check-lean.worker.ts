import { defineGateway } from '../../../src/config/define.ts'
import { frontDoor } from '../../../src/front-door.ts'

const definition = defineGateway((env) => ({
  origins: { api: { url: env.ORIGIN_URL } },
  routes: [{ path: '/**', origin: 'api' }],
  identity: 'assertion',
  observation: { records: 'refused' },
  checks: { callers: { edge: { secret: env.BENCH_CALLER_SECRET, may: ['nginx'] } } },
}))

/** The gateway that says who is calling once, and logs what it refuses. */
export default frontDoor(() => ({ definition, app: () => import('../../../src/app.ts') }))
