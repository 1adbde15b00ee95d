import { defineGateway } from '../../../src/config/define.ts'
import { frontDoor } from '../../../src/front-door.ts'

const definition = defineGateway((env) => ({
  origins: { api: { url: env.ORIGIN_URL } },
  routes: [{ path: '/**', origin: 'api' }],
  checks: { callers: { edge: { secret: env.BENCH_CALLER_SECRET, may: ['nginx'] } } },
}))

/** The gateway as it is shipped, but it knows a proxy that asks. */
export default frontDoor(() => ({ definition, app: () => import('../../../src/app.ts') }))
