import { takeHandshake } from '../acts/handshakes.ts'
import { needed, text } from '../kernel/fields.ts'
import { backend } from './api.ts'

/** What Clerk's SDKs fetch when a handshake has sent a browser back. */
export const handshakeOperations = [
  backend({
    // Clerk's description leaves it out; its SDK calls it.
    id: 'GetHandshakePayload',
    method: 'GET',
    path: '/clients/handshake_payload',
    takes: { nonce: text() },
    async handle({ world, input }) {
      return { directives: await takeHandshake(world, needed(input.nonce, 'nonce')) }
    },
  }),
]
