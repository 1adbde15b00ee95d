import { z } from 'zod'
import { giveToQueue } from '../../events/dispatch.ts'
import { makeSecret } from '../../events/signature.ts'
import { parseSubscriberAddress } from '../../events/subscriber-address.ts'
import { eventTypes } from '../../model/event.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { ok, type Result } from '../../model/result.ts'
import { addressAgainMs, addressEvent } from '../../store/outbox.ts'
import {
  addSubscription,
  changeSubscription,
  findSubscription,
  listSubscriptions,
  removeSubscription,
  type SubscriptionDeed,
  type SubscriptionRow,
} from '../../store/subscriptions.ts'
import { type Asked, type Operator, operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { etagOf, matchState } from '../record-state.ts'

const overlapMaxSeconds = 7 * 24 * 60 * 60
const overlapUsualSeconds = 24 * 60 * 60

const subscriptionFields = {
  id: z.string(),
  url: z.string(),
  description: z.string(),
  types: z.array(z.string()),
  is_active: z.boolean(),
  created_by: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
  previous_secret_until: z.number().nullable(),
}
const subscription = z.strictObject(subscriptionFields)
/** What is said once: whoever loses it has the secret rotated. */
const withSecret = z.strictObject({ ...subscriptionFields, secret: z.string() })

const byId = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/) })
const example = { params: { id: 'sub_seed' } }

const url = z.string().min(1).max(2048)
const description = z.string().max(200)
/** None is all of them. */
const types = z
  .array(z.enum(eventTypes))
  .max(eventTypes.length)
  .refine((names) => new Set(names).size === names.length)

/** Who is told of events, by URL. */
export const subscriptionOperations = [
  operation({
    id: 'subscriptions.list',
    method: 'GET',
    path: '/api/subscriptions',
    permission: 'usher.subscriptions.read',
    summary: 'Who is told of events, by URL; the oldest first.',
    needs: 'QUEUE',
    shapes: { query: z.strictObject(pageFields), output: pageOf(subscription) },
    example: { query: { limit: '10' } },
    async handle({ database, query: { cursor, limit }, operator }) {
      const read = readCursor(cursor, ['number', 'string'])
      if (!read.ok) return read
      const from = read.value && { createdAt: Number(read.value[0]), id: String(read.value[1]) }
      const rows = await listSubscriptions(database, { from, count: limit + 1 })
      const keysOf = ({ createdAt, id }: SubscriptionRow) => [createdAt, id]
      return ok({ body: toPage(rows, limit, { view: (row) => viewFor(operator, row), keysOf }) })
    },
  }),

  operation({
    id: 'subscriptions.create',
    method: 'POST',
    path: '/api/subscriptions',
    permission: 'usher.subscriptions.write',
    summary: 'Tells a URL of events from now on. The answer has the secret that signs them, once.',
    needs: 'QUEUE',
    shapes: {
      body: z.strictObject({ url, description: description.default(''), types: types.default([]) }),
      output: withSecret,
    },
    example: { body: { url: 'https://hooks.example.com/usher', types: ['user.deleted'] } },
    async handle(asked) {
      const { database, body, operator, nowMs } = asked
      const address = readAddress(body.url, asked)
      if (!address.ok) return address
      const row: SubscriptionRow = {
        ...{ id: `sub_${crypto.randomUUID().replaceAll('-', '')}`, url: address.value },
        ...{ description: body.description, types: body.types, isActive: true },
        ...{ secret: makeSecret(), previousSecret: null, previousSecretUntil: null },
        ...{ createdBy: operator.userId, createdAt: nowMs, updatedAt: nowMs },
      }
      const isAdded = await addSubscription(database, row, deedOf('created', asked))
      if (!isAdded) return refuse('too-many-records')
      const view = viewOf(row)
      return ok({
        status: 201,
        body: { ...view, secret: row.secret },
        etag: await etagOf(view),
      })
    },
  }),

  operation({
    id: 'subscriptions.get',
    method: 'GET',
    path: '/api/subscriptions/:id',
    permission: 'usher.subscriptions.read',
    summary: 'One subscription, without its secret.',
    needs: 'QUEUE',
    shapes: { params: byId, output: subscription },
    example,
    async handle({ database, params: { id }, operator }) {
      const row = await findSubscription(database, id)
      return row === undefined ? refuse('record-unknown') : shown(viewFor(operator, row))
    },
  }),

  operation({
    id: 'subscriptions.update',
    method: 'PATCH',
    path: '/api/subscriptions/:id',
    permission: 'usher.subscriptions.write',
    summary: 'Changes where a subscription leads, what it is for, or whether it is told anything.',
    needs: 'QUEUE',
    shapes: {
      params: byId,
      body: z.strictObject({
        url: url.optional(),
        description: description.optional(),
        types: types.optional(),
        is_active: z.boolean().optional(),
      }),
      output: subscription,
    },
    example: { ...example, body: { is_active: false } },
    async handle(asked) {
      const found = await findMeant(asked)
      if (!found.ok) return found
      const { is_active: isActive, url: address, ...rest } = asked.body
      const row = found.value
      if (Object.keys(asked.body).length === 0) return shown(viewOf(row))
      const next = address === undefined ? ok(row.url) : readAddress(address, asked)
      if (!next.ok) return next
      const change = { ...defined(rest), url: next.value, isActive: isActive ?? row.isActive }
      const deed = deedOf('updated', asked)
      const changed = await changeSubscription(asked.database, { row, change }, deed)
      return changed === undefined ? refuse('precondition-failed') : shown(viewOf(changed))
    },
  }),

  operation({
    id: 'subscriptions.delete',
    method: 'DELETE',
    path: '/api/subscriptions/:id',
    permission: 'usher.subscriptions.write',
    summary: 'Ends a subscription. What is on its way to it is dropped.',
    needs: 'QUEUE',
    shapes: { params: byId },
    example,
    async handle(asked) {
      const found = await findMeant({ ...asked, ifMatch: asked.ifMatch ?? '*' })
      if (!found.ok) return found
      const deed = deedOf('deleted', asked)
      const isGone = await removeSubscription(asked.database, found.value, deed)
      return isGone ? ok({ status: 204 }) : refuse('precondition-failed')
    },
  }),

  operation({
    id: 'subscriptions.rotate-secret',
    method: 'POST',
    path: '/api/subscriptions/:id/rotate-secret',
    permission: 'usher.subscriptions.write',
    summary: 'Gives a new secret, once. The one before signs beside it for a while.',
    needs: 'QUEUE',
    shapes: {
      params: byId,
      body: z.strictObject({
        overlap_seconds: z
          .number()
          .int()
          .min(0)
          .max(overlapMaxSeconds)
          .default(overlapUsualSeconds),
      }),
      output: withSecret,
    },
    example: { ...example, body: { overlap_seconds: 3600 } },
    async handle(asked) {
      const found = await findMeant({ ...asked, ifMatch: asked.ifMatch ?? '*' })
      if (!found.ok) return found
      const [row, overlapSeconds] = [found.value, asked.body.overlap_seconds]
      const previous =
        overlapSeconds === 0
          ? { previousSecret: null, previousSecretUntil: null }
          : {
              previousSecret: row.secret,
              previousSecretUntil: asked.nowMs + overlapSeconds * 1000,
            }
      const change = { secret: makeSecret(), ...previous }
      const deed = deedOf('secret-rotated', asked)
      const changed = await changeSubscription(asked.database, { row, change }, deed)
      if (changed === undefined) return refuse('precondition-failed')
      const view = viewOf(changed)
      return ok({ body: { ...view, secret: changed.secret }, etag: await etagOf(view) })
    },
  }),

  operation({
    id: 'subscriptions.test',
    method: 'POST',
    path: '/api/subscriptions/:id/test',
    permission: 'usher.subscriptions.write',
    summary: 'Sends an event of the type usher.test to this subscription alone, once a minute.',
    needs: 'QUEUE',
    shapes: { params: byId, output: z.strictObject({ delivery_id: z.string() }) },
    example,
    async handle({ database, params: { id }, operator: { userId: by, asked }, nowMs, world }) {
      const row = await findSubscription(database, id)
      if (row === undefined) return refuse('record-unknown')
      const test = { type: 'usher.test', receiver: id, data: { subscription_id: id } } as const
      const delivery = await addressEvent(database, test, { by, asked, nowMs })
      const retryAfterSeconds = addressAgainMs / 1000
      if (delivery === undefined) return refuse('too-many-requests', { retryAfterSeconds })
      await giveToQueue([delivery], world)
      return ok({ status: 202, body: { delivery_id: delivery } })
    },
  }),
]

type Asking = Asked<z.infer<typeof byId>, unknown, unknown>

/** The subscription that is meant, in the state that is meant. */
async function findMeant({
  database,
  params: { id },
  ifMatch,
}: Pick<Asking, 'database' | 'params' | 'ifMatch'>): Promise<Result<SubscriptionRow, Refusal>> {
  const row = await findSubscription(database, id)
  if (row === undefined) return refuse('record-unknown')
  const matched = matchState(ifMatch, await etagOf(viewOf(row)))
  return matched.ok ? ok(row) : matched
}

/** Where somebody may be told of events. Wherever the operator came in is this gateway, too. */
function readAddress(
  source: string,
  { world, call }: Pick<Asking, 'world' | 'call'>,
): Result<string, Refusal> {
  const ownHosts = new Set([...world.ownHosts, new URL(call.request.url).hostname])
  const address = parseSubscriberAddress(source, { ...world, ownHosts })
  return address === undefined ? refuse('address-not-allowed') : ok(address.href)
}

function deedOf(
  deed: string,
  { operator: { userId, asked }, nowMs }: Pick<Asking, 'operator' | 'nowMs'>,
): SubscriptionDeed {
  return { action: `subscription.${deed}`, by: userId, asked, nowMs }
}

async function shown(body: ReturnType<typeof viewOf>) {
  return ok({ body, etag: await etagOf(body) })
}

/** Many services have the secret of an address in its path: whoever cannot change it does not see it, either. */
function viewFor(operator: Operator, row: SubscriptionRow) {
  if (operator.holds('usher.subscriptions.write')) return viewOf(row)
  return { ...viewOf(row), url: `${new URL(row.url).origin}/…` }
}

function viewOf(row: SubscriptionRow) {
  return {
    ...{ id: row.id, url: row.url, description: row.description, types: [...row.types] },
    is_active: row.isActive,
    created_by: row.createdBy,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    previous_secret_until: row.previousSecretUntil,
  }
}

function defined(change: { description?: string | undefined; types?: string[] | undefined }) {
  return {
    ...(change.description !== undefined && { description: change.description }),
    ...(change.types !== undefined && { types: change.types }),
  }
}
