/**
 * The local stand-in for Clerk: it speaks the protocols of Clerk's Frontend and Backend API to whoever runs
 * Usher without an account or a network, and owns all that such an instance knows. It never answers on a name
 * that is not this machine's, and never says yes to what it does not do. The local entry and tests call it.
 */
import { cookieSuffixOf } from '../../clerk/issuer.ts'
import { marker } from '../marker.ts'
import { forgetAbandoned } from './acts/abandoned.ts'
import { answerBackend } from './backend/api.ts'
import { backendOperations } from './backend/operations.ts'
import { faultyAnswer } from './faulty.ts'
import { answerFrontend } from './frontend/api.ts'
import { recognise } from './frontend/browser.ts'
import { frontendOperations } from './frontend/operations.ts'
import type { IssuerKey } from './issuer.ts'
import { Complaint, complaintResponse, notFound } from './kernel/complaint.ts'
import { openKeys } from './kernel/keys.ts'
import { type Asked, findOperation } from './kernel/operation.ts'
import { gathered, methodOf } from './kernel/request-body.ts'
import { forgetful, openState, type RowKeeper } from './kernel/state.ts'
import { createTurningClock, keepClock, type TurningClock } from './kernel/turning-clock.ts'
import { createTurns } from './kernel/turns.ts'
import type { Settings, World } from './kernel/world.ts'
import { openWorld } from './kernel/world-opening.ts'
import { backendLedger, type Entry, frontendLedger, omissionOf } from './ledger.ts'
import { answerOutbox } from './outbox/outbox.ts'
import { seed } from './seed.ts'
import { type Courier, createCourier } from './webhooks/courier.ts'

/** What a stand-in is made of. */
export interface StandInParts {
  readonly key: IssuerKey
  readonly settings: Settings
  /** Where its rows outlive it; nowhere when not given. */
  readonly keeper?: RowKeeper
  /** The machine's clock when not given. */
  readonly clock?: TurningClock
  /** How webhooks are sent, when {@link StandIn.deliverDue} is called; they wait when it is not given. */
  readonly send?: (request: Request) => Promise<Response>
  /**
   * Clerk's scripts by their path (`/npm/@clerk/clerk-js@6/dist/clerk.browser.js`), where there are any; `known` is
   * the `If-None-Match` of whoever may have it already.
   */
  readonly scripts?: (path: string, known: string | null) => Promise<Response | undefined>
  /** How it waits where it is slow on purpose; by real timers when not given. */
  readonly pause?: (delayMs: number) => Promise<void>
}

/** A stand-in that runs. */
export interface StandIn extends Courier {
  readonly world: World
  /** Answers below `/frontend`, `/backend` and, for people, at its own root. */
  fetch(request: Request): Promise<Response>
}

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Opens a stand-in on what it kept; one that is new knows ada, grace and linus, and acme. */
export async function createStandIn(parts: StandInParts): Promise<StandIn> {
  const { settings, keeper = forgetful, pause = realPause } = parts
  const state = openState(keeper)
  const clock = keepClock(parts.clock ?? createTurningClock(() => Date.now()), state)
  const keys = openKeys({ first: parts.key, state, clock })
  const world = openWorld({ settings, state, clock, keys })
  await seed(world)
  forgetAbandoned(world)
  state.keep()
  const cookieSuffix = (await cookieSuffixOf(settings.publishableKey)()) ?? ''

  const inTurn = createTurns(() => state.keep())

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (!loopback.test(url.hostname)) return new Response('Misdirected Request', { status: 421 })
    const [, api, ...rest] = url.pathname.split('/')
    // Clerk's script ends some paths with a slash: `/v1/me/email_addresses/`.
    const pathname = `/${rest.join('/').replace(/\/$/, '')}`
    if (api !== 'frontend' && api !== 'backend') {
      const whole = await gathered(request)
      return inTurn(() => answerOutbox({ world, request: whole, url }))
    }
    if (pathname.startsWith('/npm/')) return script(request, pathname)
    // Whoever waits here keeps nobody else waiting.
    const faulty = await faultyAnswer(world, pause)
    if (faulty !== undefined) return faulty
    const whole = await gathered(request)
    return inTurn(async () => {
      const method = methodOf(whole, url)
      const publicOrigin = publicOriginOf(whole, settings)
      const asked = { request: whole, url, path: {}, nowMs: clock.now(), world, publicOrigin }
      const sought = { ...asked, method, pathname }
      return api === 'frontend' ? answerAsFrontend(sought, cookieSuffix) : answerAsBackend(sought)
    })
  }

  /** Clerk's own scripts, as they are. */
  async function script({ method, headers }: Request, path: string): Promise<Response> {
    const known = headers.get('if-none-match')
    const found = method === 'GET' ? await parts.scripts?.(path, known) : undefined
    return found === undefined
      ? complaintResponse(notFound('No such script.'))
      : new Response(found.body, found)
  }

  return {
    world,
    ...(parts.send === undefined ? idle : createCourier({ world, send: parts.send, inTurn })),
    async fetch(request) {
      const response = await complaining(() => answer(request))
      response.headers.set('server', marker)
      return response
    },
  }
}

/** Webhooks are kept, and nobody brings them anywhere. */
const idle: Courier = { deliverDue: () => Promise.resolve(), nextDueAt: () => undefined }

function realPause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

/** What `work` answers, or what it complains of. */
async function complaining(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof Complaint) return complaintResponse(thrown)
    throw thrown
  }
}

async function answerAsFrontend(asked: Asked & Sought, suffix: string): Promise<Response> {
  const match = findOperation(frontendOperations, asked.method, asked.pathname)
  if (match === undefined) throw missing(frontendLedger, asked)
  const called = { ...asked, path: match.path }
  const isSecure = asked.publicOrigin.startsWith('https:')
  return answerFrontend(match.found, called, await recognise(called, { isSecure, suffix }))
}

async function answerAsBackend(asked: Asked & Sought): Promise<Response> {
  // Clerk's own SDK calls some of its endpoints without the version.
  const pathname = asked.pathname.replace(/^\/v1(?=\/)/, '')
  const match = findOperation(backendOperations, asked.method, pathname)
  if (match === undefined) throw missing(backendLedger, { ...asked, pathname })
  return answerBackend(match.found, { ...asked, path: match.path })
}

interface Sought {
  readonly method: string
  readonly pathname: string
}

/** Clerk has it and this has not, which is never a yes; or Clerk has not either. */
function missing(ledger: readonly Entry[], { method, pathname }: Sought): Complaint {
  const match = findOperation(ledger, method, pathname)
  if (match === undefined) return new Complaint(404, 'resource_not_found', { message: 'not found' })
  const message = `The stand-in does not do ${match.found.id}.`
  const omission = omissionOf(match.found)
  return new Complaint(501, 'not_implemented', {
    message,
    ...(omission && {
      longMessage: `${message} It leaves out ${omission.what}: ${omission.reason}.`,
    }),
    operationId: match.found.id,
  })
}

/** A proxy in front says where browsers see it; the key it shows says that it may. */
function publicOriginOf(request: Request, settings: Settings): string {
  const shown = request.headers.get('clerk-secret-key')
  if (shown === null) return settings.applicationOrigin
  if (shown !== settings.secretKey) {
    throw new Complaint(401, 'clerk_key_invalid', { message: 'The Clerk Secret Key is invalid' })
  }
  const proxyUrl = request.headers.get('clerk-proxy-url') ?? ''
  return URL.canParse(proxyUrl) ? new URL(proxyUrl).origin : settings.applicationOrigin
}
