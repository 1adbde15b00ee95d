import { defineGateway } from '../../../src/config/define.ts'
import { frontDoor } from '../../../src/front-door.ts'

const definition = defineGateway((env) => ({
  origins: { api: { url: env.ORIGIN_URL } },
  routes: [{ path: '/**', origin: 'api', assertion: 'request' }],
}))

/** The gateway as it is shipped, but with an assertion for each single request. */
export default frontDoor(() => ({ definition, app: () => import('../../../src/app.ts') }))
