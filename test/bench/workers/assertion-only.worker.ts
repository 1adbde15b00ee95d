import { defineGateway } from '../../../src/config/define.ts'
import { frontDoor } from '../../../src/front-door.ts'

const definition = defineGateway((env) => ({
  origins: { api: { url: env.ORIGIN_URL } },
  routes: [{ path: '/**', origin: 'api' }],
  identity: 'assertion',
}))

/** The gateway as it is shipped, but the origin is told who is asking by the assertion alone. */
export default frontDoor(() => ({ definition, app: () => import('../../../src/app.ts') }))
