import { notFound } from '../kernel/complaint.ts'
import { digestOf, randomText } from '../kernel/identifiers.ts'
import type { World } from '../kernel/world.ts'

/** How long the answer to a handshake waits to be fetched: the browser is sent back at once. */
export const handshakeSeconds = 20

/** Keeps the cookies that the gateway is to set, and gives the name under which it can fetch them once. */
export async function keepHandshake(world: World, directives: readonly string[]): Promise<string> {
  const { state, clock } = world
  const now = clock.now()
  for (const { id, expireAt } of state.handshakes.all()) {
    if (expireAt <= now) state.handshakes.remove(id)
  }
  const nonce = randomText(43)
  state.handshakes.put({
    id: await digestOf(nonce),
    directives,
    expireAt: now + handshakeSeconds * 1000,
    createdAt: now,
    updatedAt: now,
  })
  return nonce
}

/** The cookies that were kept under this name: once, and 404 afterwards, as for one that waited too long. */
export async function takeHandshake(world: World, nonce: string): Promise<readonly string[]> {
  const { state, clock } = world
  const kept = state.handshakes.get(await digestOf(nonce))
  if (kept === undefined) throw notFound('Handshake payload not found')
  state.handshakes.remove(kept.id)
  if (kept.expireAt <= clock.now()) throw notFound('Handshake payload not found')
  return kept.directives
}
