import { notFound } from '../kernel/complaint.ts'
import { needed, text } from '../kernel/fields.ts'
import { digestOf } from '../kernel/identifiers.ts'
import type { Client } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { newestFirst, pageAsAsked, paginatedFields } from './lists.ts'
import { clientView } from './views/client.ts'

/** Browsers. */
export const clientsOperations = [
  backend({
    id: 'GetClientList',
    method: 'GET',
    path: '/clients',
    takes: paginatedFields,
    handle: ({ world, input }) =>
      pageAsAsked(newestFirst(world.state.clients.all()), input, (client) =>
        clientView(world, client),
      ),
  }),
  backend({
    id: 'VerifyClient',
    method: 'POST',
    path: '/clients/verify',
    takes: { token: text() },
    async handle({ world, input }) {
      // What a browser holds in its cookie: its id, and the secret that proves it.
      const [id, secret = ''] = needed(input.token, 'token').split('.')
      const client = clientNamed(world, id)
      if (client.secretDigest !== (await digestOf(secret))) throw notFound('Client not found')
      return clientView(world, client)
    },
  }),
  backend({
    id: 'GetClient',
    method: 'GET',
    path: '/clients/{client_id}',
    handle: ({ world, path }) => clientView(world, clientNamed(world, path.client_id)),
  }),
]

function clientNamed({ state }: World, id: string | undefined): Client {
  const client = state.clients.get(id)
  if (client === undefined) throw notFound('Client not found')
  return client
}
