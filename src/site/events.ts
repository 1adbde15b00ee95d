/**
 * Your own code for what happens to people, roles and organisations. It is loaded when something does.
 *
 * A handler may be called more than once for one event (`event.id` tells), and in any order (`event.sequence` counts
 * for each user). One that throws is called again later: after a second, then two, four … up to an hour. After 21
 * times, which is about nine hours or more, it is given up and `dead` in the log of deliveries, where it can be replayed.
 */
import type { EventHandlers } from '../events/handlers.ts'

export default [
  // import { onEvent } from '../events/handlers.ts'
  // import { env } from 'cloudflare:workers'        your bindings
  //
  // onEvent('auth.signed_in', async ({ data }) => {
  //   await env.WELCOME.send({ userId: data.user_id })
  // }),
  // onEvent('user.deleted', async ({ data }) => {
  //   await env.SHOP.fetch(`https://shop/customers/${data.user_id}`, { method: 'DELETE' })
  // }),
  // onEvent('*', ({ id, type, subject, sequence }) => console.log(id, type, subject, sequence)),
] satisfies EventHandlers
