import type { Decisions } from '../../src/checks/decisions.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts, ReadFacts } from '../../src/model/facts.ts'
import { refuse } from '../../src/model/refusal.ts'
import { ok } from '../../src/model/result.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'

/** The secrets of those who may ask, by what they are. */
export const secrets = {
  everywhere: 'a-secret-of-one-who-may-ask-of-all',
  billing: 'a-secret-of-one-who-asks-of-billing',
  proxy: 'a-secret-of-one-who-is-only-a-proxy',
}

/** Two hosts with routes of their own, and some that are for any. */
export const hosts = { api: 'api.usher.test', billing: 'billing.usher.test' }

/** The SHA-256 of the certificate of one who shows no secret. */
export const certificate = 'ab'.repeat(32)

/** A config in which each kind of access stands once. */
export const sceneConfig: Partial<GatewayConfig> = {
  hosts: Object.values(hosts),
  routes: [
    { path: '/public/**', origin: 'api', access: 'public' },
    { path: '/optional/**', origin: 'api', access: 'optional' },
    { path: '/in/**', origin: 'api' },
    { path: '/in/read', methods: ['GET'], origin: 'api', access: { role: 'admin' } },
    { path: '/role/**', origin: 'api', access: { role: 'admin', permission: 'reports.read' } },
    { path: '/orgs/:orgId/**', origin: 'api', access: { org: ':orgId' } },
    { path: '/either', origin: 'api', access: { any: [{ role: 'admin' }, { role: 'org:admin' }] } },
    { path: '/not', origin: 'api', access: { not: { claims: { plan: { equals: 'free' } } } } },
    { path: '/lately', origin: 'api', access: { reverification: 'strict' } },
    { path: '/own', origin: 'api', access: { actor: 'deny' } },
    { path: '/fresh', origin: 'api', fresh: true },
    { path: '/keys', origin: 'api', accepts: ['api_key'], access: { scope: 'ingest' } },
    { path: '/tried/**', origin: 'api', mode: 'shadow', access: { role: 'admin' } },
    { path: '/half', origin: 'api', access: { role: 'admin', mode: 'shadow' } },
    { path: '/bill', host: hosts.billing, origin: 'api', access: { role: 'admin' } },
    { path: '/secret-plans', methods: ['POST'], host: hosts.api, origin: 'api' },
  ],
  checks: {
    callers: {
      everywhere: { secret: secrets.everywhere, may: ['decisions'] },
      billing: { secret: secrets.billing, may: ['decisions'], hosts: [hosts.billing] },
      proxy: { secret: secrets.proxy, may: ['nginx'] },
      mesh: { certificate, may: ['decisions'] },
    },
  },
}

const nothing = everyoneHolds([])
const people: Readonly<Record<string, Facts>> = {
  user_ada: everyoneHolds(['admin'], ['reports.read']),
  user_cat: everyoneHolds(['admin']),
  user_eve: { ...nothing, status: 'banned' },
  user_zoe: { ...nothing, status: 'deleted' },
}

/** A world with that config, who is known in it, and whose facts were read. */
export interface Scene {
  readonly world: World
  readonly read: string[]
  /** How many were being read at the same time, at the most. */
  mostAtOnce: number
}

/** Opens the scene: ada is administrator, eve banned, zoe deleted; what is known of mute cannot be read. */
export async function openScene(config: Partial<GatewayConfig> = sceneConfig): Promise<Scene> {
  const read: string[] = []
  let underWay = 0
  const facts: ReadFacts = async ({ userId }) => {
    read.push(userId)
    underWay += 1
    scene.mostAtOnce = Math.max(scene.mostAtOnce, underWay)
    await Promise.resolve()
    underWay -= 1
    if (userId === 'user_mute') return refuse('facts-unavailable', { retryAfterSeconds: 5 })
    return ok(people[userId] ?? nothing)
  }
  const world = await createWorld({ config, facts, variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
  const scene: Scene = { world, read, mostAtOnce: 0 }
  return scene
}

type Headers = Readonly<Record<string, string>>

/** What was answered. */
export interface Told<Body = Readonly<Record<string, unknown>>> {
  readonly status: number
  readonly text: string
  readonly headers: Response['headers']
  readonly body: Body
}

/** Decisions, or why there are none. */
export interface Answered extends Decisions {
  readonly code?: string
}

/** Asks a path of Usher's something, as the caller who may ask about every host unless `headers` say otherwise. */
export async function ask<Body = Readonly<Record<string, unknown>>>(
  { world }: Scene,
  path: string,
  { body, headers = { 'x-usher-caller': secrets.everywhere }, cf }: Asking,
): Promise<Told<Body>> {
  const init = {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
  const response = await world.walk(
    new Request(`${gatewayUrl}${path}`, { ...init, ...(cf && { cf }) }),
  )
  const text = await response.text()
  return { status: response.status, text, headers: response.headers, body: JSON.parse(text) }
}

/** What is asked, and by whom. */
export interface Asking {
  readonly body: unknown
  readonly headers?: Headers
  readonly cf?: Readonly<Record<string, unknown>>
}

/** Asks for decisions. */
export function decide(scene: Scene, body: unknown, headers?: Headers): Promise<Told<Answered>> {
  return ask<Answered>(scene, '/_usher/decisions', { body, ...(headers && { headers }) })
}

/** Where AuthZEN's clients ask, and look for it. */
export const authzen = {
  one: '/access/v1/evaluation',
  several: '/access/v1/evaluations',
  metadata: '/.well-known/authzen-configuration',
}

/** A user as AuthZEN names them. */
export function user(id: string) {
  return { type: 'user', id }
}

/** What AuthZEN calls a resource: a path at one of the hosts. */
export function page(path: string, host = hosts.api) {
  return { type: 'url', id: addressOf(path, host) }
}

/** What AuthZEN calls an action. */
export const get = { name: 'GET' }

/** The address of a path at one of the hosts. */
export function addressOf(path: string, host = hosts.api): string {
  return `https://${host}${path}`
}
