import { banUser, unbanUser } from '../acts/people.ts'
import { finishSession } from '../acts/sessions.ts'
import { Complaint, notFound } from '../kernel/complaint.ts'
import { type Fields, flag, needed, oneOf, type Raw, readFields, text } from '../kernel/fields.ts'
import { jsonAnswer } from '../kernel/json-answer.ts'
import { isLive } from '../kernel/live-session.ts'
import { membersOf, readBody } from '../kernel/request-body.ts'
import type { World } from '../kernel/world.ts'
import { replayed } from '../webhooks/schedule.ts'
import {
  deliveriesOf,
  deliveryView,
  messagesTo,
  messageView,
  peopleOf,
  personView,
} from './log-views.ts'
import { messagesPage } from './messages-page.ts'
import { isOwnDoing } from './own-page.ts'
import { guardedHeaders, type PageAddress, pageResponse } from './page.ts'
import { peoplePage } from './people-page.ts'
import { switchesView, switchFields, throwSwitches } from './switchboard.ts'
import { switchesPage } from './switches-page.ts'
import { webhookPage, webhooksPage } from './webhooks-page.ts'

/** Shows something: to people by a page, to programs by JSON. It changes nothing. */
type Show = (world: World, query: Raw) => Response | Promise<Response>

/** Changes something, and names the page that shows what came of it. */
type Change = (world: World, members: Raw) => PageAddress | Promise<PageAddress>

const shown: ReadonlyMap<string, Show> = new Map<string, Show>([
  ['/', (world, query) => page(world, query, { address: './', make: messagesPage })],
  [
    '/webhooks',
    (world, query) => {
      const { id } = readFields(query, { id: text() })
      const body = id === undefined ? webhooksPage(world) : webhookPage(world, id)
      return pageResponse({ world, address: 'webhooks', body })
    },
  ],
  ['/people', (world, query) => page(world, query, { address: 'people', make: peoplePage })],
  ['/switches', (world, query) => page(world, query, { address: 'switches', make: switchesPage })],
  [
    '/outbox.json',
    (world, query) => {
      const wanted = readFields(query, { to: text(), channel: oneOf(['email', 'sms']) })
      const messages = messagesTo(world, wanted).map(messageView)
      return program({ last: messages[0] ?? null, messages })
    },
  ],
  [
    '/deliveries.json',
    (world, query) => {
      const states = oneOf(['pending', 'delivered', 'failed'])
      const wanted = readFields(query, { type: text(), state: states })
      return program({ deliveries: deliveriesOf(world, wanted).map(deliveryView) })
    },
  ],
  [
    '/people.json',
    (world, query) => {
      readFields(query, {})
      return program({ people: peopleOf(world).map(personView) })
    },
  ],
  [
    '/switches.json',
    (world, query) => {
      readFields(query, {})
      return program(switchesView(world))
    },
  ],
])

const changes: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/switches', flip],
  ['/replay', replay],
  ['/revoke', revoke],
  ['/ban', ban],
])

/** What is asked of the outbox. */
interface OutboxAsked {
  readonly world: World
  readonly request: Request
  readonly url: URL
}

/**
 * The page for people at the root of the stand-in, and the same for programs: what would have been sent, what
 * webhooks came to, who is signed in, and the switches that break things. A GET changes nothing, and what
 * changes something can come from no other site.
 */
export async function answerOutbox({ world, request, url }: OutboxAsked): Promise<Response> {
  const query = membersOf(url.searchParams)
  if (request.method === 'GET') {
    const show = shown.get(url.pathname)
    if (show === undefined) throw notFound('Nothing is here.')
    return show(world, query)
  }
  const change = request.method === 'POST' ? changes.get(url.pathname) : undefined
  if (change === undefined) throw notFound('Nothing is here.')
  if (!isOwnDoing(request, url)) {
    throw new Complaint(403, 'origin_invalid', {
      message: 'Only its own page may change anything.',
    })
  }
  const address = await change(world, await readBody(request))
  const isForm = request.headers.get('content-type')?.includes('form-urlencoded') === true
  if (!isForm) return program(switchesView(world))
  return new Response(null, { status: 303, headers: { ...guardedHeaders, location: address } })
}

function page(
  world: World,
  query: Raw,
  { address, make }: { address: PageAddress; make: typeof messagesPage },
): Promise<Response> {
  readFields<Fields>(query, {})
  return pageResponse({ world, address, body: make(world) })
}

function program(value: object): Response {
  return jsonAnswer(value, 200, guardedHeaders)
}

async function flip(world: World, members: Raw): Promise<PageAddress> {
  await throwSwitches(world, readFields(members, switchFields))
  return 'switches'
}

function replay({ state, clock }: World, members: Raw): PageAddress {
  const { id, failed } = readFields(members, { id: text(), failed: flag })
  const one = failed === true ? undefined : needed(id, 'id')
  const wanted = state.deliveries.filter((delivery) =>
    one === undefined ? delivery.state === 'failed' : delivery.id === one,
  )
  if (one !== undefined && wanted.length === 0) {
    throw notFound('No webhook of this id is in the log.')
  }
  for (const delivery of wanted) state.deliveries.put(replayed(delivery, clock.now()))
  return 'webhooks'
}

function revoke(world: World, members: Raw): PageAddress {
  const { sessionId } = readFields(members, { sessionId: text() })
  const session = world.state.sessions.get(needed(sessionId, 'sessionId'))
  if (session === undefined || !isLive(session, world.clock.now())) {
    throw notFound('No such session is alive.')
  }
  finishSession(world, session, 'revoked')
  return 'people'
}

function ban(world: World, members: Raw): PageAddress {
  const { userId, isBanned } = readFields(members, { userId: text(), isBanned: flag })
  const user = world.state.users.get(needed(userId, 'userId'))
  if (user === undefined) throw notFound('No such user.')
  if (needed(isBanned, 'isBanned')) banUser(world, user)
  else unbanUser(world, user)
  return 'people'
}
