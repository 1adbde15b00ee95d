import { z } from 'zod'
import { giveToQueue } from '../../events/dispatch.ts'
import { refuse } from '../../model/refusal.ts'
import { ok } from '../../model/result.ts'
import {
  type DeliveryRow,
  findDelivery,
  listDeliveries,
  replayDeliveries,
} from '../../store/deliveries.ts'
import { deliveryStates } from '../../store/schema.ts'
import { findSubscription } from '../../store/subscriptions.ts'
import { operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'

/** So many are replayed in one go. */
const replayedMax = 1000

const deliveryFields = {
  id: z.string(),
  event_id: z.string(),
  receiver: z.string(),
  state: z.enum(deliveryStates),
  attempts: z.number(),
  last_status: z.number().nullable(),
  last_error: z.string().nullable(),
  created_at: z.number(),
  queued_at: z.number().nullable(),
  attempted_at: z.number().nullable(),
  delivered_at: z.number().nullable(),
}
const event = z.strictObject({
  type: z.string(),
  subject: z.string(),
  sequence: z.number(),
  at: z.number(),
  data: z.record(z.string(), z.unknown()),
})

const id = z.string().regex(/^[\w-]{1,64}$/)
const byId = z.strictObject({ id })
const example = { params: { id: 'dlv_seed' } }

/** What became of events on their way to whoever wants to hear of them. */
export const deliveryOperations = [
  operation({
    id: 'deliveries.list',
    method: 'GET',
    path: '/api/deliveries',
    permission: 'usher.deliveries.read',
    summary: 'What became of events on their way to receivers, the latest first.',
    needs: 'QUEUE',
    shapes: {
      query: z.strictObject({
        ...pageFields,
        state: z.enum(deliveryStates).optional(),
        receiver: id.optional(),
        event: id.optional(),
      }),
      output: pageOf(z.strictObject(deliveryFields)),
    },
    example: { query: { state: 'dead' } },
    async handle({ database, query: { cursor, limit, state, receiver, event: eventId } }) {
      const read = readCursor(cursor, ['number', 'string'])
      if (!read.ok) return read
      const from = read.value && { createdAt: Number(read.value[0]), id: String(read.value[1]) }
      const wanted = { from, state, receiver, eventId, count: limit + 1 }
      const rows = await listDeliveries(database, wanted)
      const keysOf = ({ createdAt, id }: DeliveryRow) => [createdAt, id]
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf }) })
    },
  }),

  operation({
    id: 'deliveries.get',
    method: 'GET',
    path: '/api/deliveries/:id',
    permission: 'usher.deliveries.read',
    summary: 'One delivery, and the event that it brings.',
    needs: 'QUEUE',
    shapes: { params: byId, output: z.strictObject({ ...deliveryFields, event }) },
    example,
    async handle({ database, params }) {
      const found = await findDelivery(database, params.id)
      if (found === undefined) return refuse('record-unknown')
      const { type, subject, sequence, at, data } = found.events
      const brought = { type, subject, sequence, at, data: { ...data } }
      return ok({ body: { ...viewOf(found.deliveries), event: brought } })
    },
  }),

  operation({
    id: 'deliveries.replay',
    method: 'POST',
    path: '/api/deliveries/:id/replay',
    permission: 'usher.deliveries.write',
    summary: 'Brings an event once more. What is on its way anyway is left alone.',
    needs: 'QUEUE',
    shapes: { params: byId },
    example,
    async handle({ database, params, operator: { userId: by, asked }, nowMs, world }) {
      if ((await findDelivery(database, params.id)) === undefined) return refuse('record-unknown')
      const deed = { action: 'delivery.replayed', by, asked, nowMs }
      await giveToQueue(await replayDeliveries(database, params, deed), world)
      return ok({ status: 202 })
    },
  }),

  operation({
    id: 'deliveries.replay-dead',
    method: 'POST',
    path: '/api/subscriptions/:id/replay',
    permission: 'usher.deliveries.write',
    summary: `Brings what could not be brought to a subscription once more, at most ${replayedMax} in one go.`,
    needs: 'QUEUE',
    shapes: { params: byId, output: z.strictObject({ deliveries: z.number() }) },
    example: { params: { id: 'sub_seed' } },
    async handle({ database, params, operator: { userId: by, asked }, nowMs, world }) {
      if ((await findSubscription(database, params.id)) === undefined) {
        return refuse('record-unknown')
      }
      const dead = { receiver: params.id, count: replayedMax }
      const deed = { action: 'subscription.replayed', by, asked, nowMs }
      const ids = await replayDeliveries(database, dead, deed)
      await giveToQueue(ids, world)
      return ok({ status: 202, body: { deliveries: ids.length } })
    },
  }),
]

function viewOf(row: DeliveryRow) {
  return {
    ...{ id: row.id, event_id: row.eventId, receiver: row.receiver, state: row.state },
    ...{ attempts: row.attempts, last_status: row.lastStatus, last_error: row.lastError },
    ...{ created_at: row.createdAt, queued_at: row.queuedAt },
    ...{ attempted_at: row.attemptedAt, delivered_at: row.deliveredAt },
  }
}
