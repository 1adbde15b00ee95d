/**
 * The local stand-in for Clerk: it speaks the protocols of Clerk's Frontend and Backend API to whoever runs
 * Usher without an account or a network, and owns all that such an instance knows. It never answers on a name
 * that is not this machine's, and never says yes to what it does not do. The local entry and tests call it.
 */
import { cookieSuffixOf } from '../../clerk/issuer.ts'
import { marker } from '../marker.ts'
import { answerBackend } from './backend/api.ts'
import { backendOperations } from './backend/operations.ts'
import { answerFrontend } from './frontend/api.ts'
import { recognise } from './frontend/browser.ts'
import { frontendOperations } from './frontend/operations.ts'
import type { IssuerKey } from './issuer.ts'
import { Complaint, complaintResponse } from './kernel/complaint.ts'
import { openKeys } from './kernel/keys.ts'
import { type Asked, findOperation } from './kernel/operation.ts'
import { methodOf } from './kernel/request-body.ts'
import { forgetful, openState, type RowKeeper } from './kernel/state.ts'
import { createTurningClock, type TurningClock } from './kernel/turning-clock.ts'
import type { Settings, World } from './kernel/world.ts'
import { openWorld } from './kernel/world-opening.ts'
import { backendLedger, type Entry, frontendLedger } from './ledger.ts'
import { seed } from './seed.ts'

/** What a stand-in is made of. */
export interface StandInParts {
  readonly key: IssuerKey
  readonly settings: Settings
  /** Where its rows outlive it; nowhere when not given. */
  readonly keeper?: RowKeeper
  /** The machine's clock when not given. */
  readonly clock?: TurningClock
  /** How webhooks are sent. */
  readonly send?: (request: Request) => Promise<Response>
  /** Clerk's scripts by their path (`/npm/@clerk/clerk-js@6/dist/clerk.browser.js`), where there are any. */
  readonly scripts?: (path: string) => Promise<Response | undefined>
}

/** A stand-in that runs. */
export interface StandIn {
  readonly world: World
  /** Answers below `/frontend`, `/backend` and, for people, at its own root. */
  fetch(request: Request): Promise<Response>
}

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Opens a stand-in on what it kept; one that is new knows ada, grace and linus, and acme. */
export async function createStandIn(parts: StandInParts): Promise<StandIn> {
  const { settings, keeper = forgetful, clock = createTurningClock(() => Date.now()) } = parts
  const state = openState(keeper)
  const keys = openKeys(parts.key, state)
  const world = openWorld({ settings, state, clock, keys })
  await seed(world)
  state.keep()
  const cookieSuffix = (await cookieSuffixOf(settings.publishableKey)()) ?? ''

  /** One after the other: Clerk has transactions, and nothing here is slow enough to need more. */
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work)
    turn = mine.catch(() => undefined)
    return mine
  }

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (!loopback.test(url.hostname)) return new Response('Misdirected Request', { status: 421 })
    return inTurn(async () => {
      try {
        return await dispatch(request, url)
      } catch (thrown) {
        if (thrown instanceof Complaint) return complaintResponse(thrown)
        throw thrown
      } finally {
        state.keep()
      }
    })
  }

  async function dispatch(request: Request, url: URL): Promise<Response> {
    const method = methodOf(request, url)
    const [, api, ...rest] = url.pathname.split('/')
    const pathname = `/${rest.join('/')}`
    const publicOrigin = publicOriginOf(request, settings)
    const asked = { request, url, path: {}, nowMs: clock.now(), world, publicOrigin }
    if (api === 'frontend') return answerAsFrontend({ ...asked, method, pathname })
    if (api === 'backend') return answerAsBackend({ ...asked, method, pathname })
    throw new Complaint(404, 'resource_not_found', { message: 'Nothing is here.' })
  }

  async function answerAsFrontend(asked: Asked & Sought): Promise<Response> {
    const { request, url, publicOrigin } = asked
    const match = findOperation(frontendOperations, asked.method, asked.pathname)
    if (match === undefined) throw missing(frontendLedger, asked)
    const isSecure = publicOrigin.startsWith('https:')
    const shown = { world, request, url, isSecure, cookieSuffix }
    return answerFrontend(match.found, { ...asked, path: match.path }, await recognise(shown))
  }

  async function answerAsBackend(asked: Asked & Sought): Promise<Response> {
    // Clerk's own SDK calls some of its endpoints without the version.
    const pathname = asked.pathname.replace(/^\/v1(?=\/)/, '')
    const match = findOperation(backendOperations, asked.method, pathname)
    if (match === undefined) throw missing(backendLedger, { ...asked, pathname })
    return answerBackend(match.found, { ...asked, path: match.path })
  }

  return {
    world,
    async fetch(request) {
      const response = await answer(request)
      response.headers.set('server', marker)
      return response
    },
  }
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
  return new Complaint(501, 'not_implemented', { message, operationId: match.found.id })
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
