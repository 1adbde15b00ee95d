import type { Departure, MirrorChange } from '../model/mirror.ts'
import { keepings, readObjectChange } from './kept-objects.ts'
import {
  idOf,
  type Resource,
  readMembershipChange,
  readOrganizationChange,
  readUserChange,
  resourceOf,
} from './resources.ts'
import { millisecondsOf } from './time.ts'

/** One of Clerk's webhooks, checked and parsed. */
export interface ClerkEvent {
  /** `user.updated`; types that nobody knows yet are kept, and change nothing. */
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** When Clerk told of it, in milliseconds since the epoch. */
  readonly toldAtMs: number
}

/** A webhook whose type is cut in two: `user` and `updated`. */
interface Told {
  readonly word: string
  readonly resource: Resource
  readonly toldAtMs: number
}

type Read = (told: Told) => readonly (MirrorChange | undefined)[]

interface Family {
  readonly words: readonly string[]
  readonly read: Read
}

const made = ['created', 'updated', 'deleted']

/** The types that change something, by their first word. */
const families: ReadonlyMap<string, Family> = new Map([
  ['user', { words: made, read: readUser }],
  ['organization', { words: made, read: readOrganization }],
  ['organizationMembership', { words: made, read: readMembership }],
  ['organizationInvitation', objects('organizationInvitation', ['created', 'accepted', 'revoked'])],
  ['organizationDomain', objects('organizationDomain', made)],
  ['session', { words: ['created', 'pending', 'ended', 'removed', 'revoked'], read: readSession }],
  ['role', objects('role', made)],
  ['permission', objects('permission', made)],
  ['waitlistEntry', objects('waitlistEntry', ['created', 'updated'])],
  ['subscription', { words: ['created', 'updated', 'active', 'pastDue'], read: readSubscription }],
  [
    'subscriptionItem',
    objects('subscriptionItem', [
      ...['created', 'updated', 'upcoming', 'active', 'freeTrialEnding', 'pastDue'],
      ...['incomplete', 'canceled', 'ended', 'abandoned'],
    ]),
  ],
])

/** The types that change nothing here. */
const others: ReadonlySet<string> = new Set([
  ...['email.created', 'sms.created', 'paymentAttempt.created', 'paymentAttempt.updated'],
])

/** More items than this no subscription has. */
const itemsMax = 100

/** What a webhook says is so; nothing where it is about what is not mirrored, or makes no sense. */
export function changesOf({ type, data, toldAtMs }: ClerkEvent): readonly MirrorChange[] {
  const { family, word } = familyOf(type)
  if (family === undefined) return []
  return family.read({ word, resource: data, toldAtMs }).filter((change) => change !== undefined)
}

/** Whether a type is one of which it is known what its messages say. */
export function isKnownType(type: string): boolean {
  return others.has(type) || familyOf(type).family !== undefined
}

function familyOf(type: string): { readonly family: Family | undefined; readonly word: string } {
  const [first = '', word = '', ...more] = type.split('.')
  const family = more.length > 0 ? undefined : families.get(first)
  return { family: family?.words.includes(word) ? family : undefined, word }
}

function readUser({ word, resource, toldAtMs }: Told): ReturnType<Read> {
  if (word === 'deleted') return [departure('user-deleted', resource, toldAtMs)]
  return [readUserChange(resource, toldAtMs)]
}

function readOrganization({ word, resource, toldAtMs }: Told): ReturnType<Read> {
  if (word === 'deleted') return [departure('organization-deleted', resource, toldAtMs)]
  return [readOrganizationChange(resource, toldAtMs)]
}

function readMembership({ word, resource, toldAtMs }: Told): ReturnType<Read> {
  const change = readMembershipChange(resource, toldAtMs)
  return [change && { ...change, isDeleted: word === 'deleted' }]
}

/** What is gone says no more than its id. */
function departure(
  kind: Departure['kind'],
  resource: Resource,
  toldAtMs: number,
): Departure | undefined {
  const id = idOf(resource.id)
  return id === undefined
    ? undefined
    : { kind, id, version: { updatedAt: toldAtMs, toldAt: toldAtMs } }
}

function readSession(told: Told): ReturnType<Read> {
  const session = readObjectChange(keepings.session, told)
  if (session === undefined || session.owner === '') return []
  return [userWithin(told, session.owner), session]
}

/**
 * The user that a session shows. In some messages they have lost their addresses on the way (in Clerk's own examples,
 * too), or say neither how they stand nor when that was: such a one is passed over, or it would take the address of
 * whom it is about, or lift their ban.
 */
function userWithin({ resource, toldAtMs }: Told, userId: string): MirrorChange | undefined {
  const user = resourceOf(resource.user)
  const change = readUserChange(user, toldAtMs)
  if (user === undefined || change === undefined || change.id !== userId) return undefined
  const { updated_at, banned, email_addresses } = user
  const isDated = millisecondsOf(updated_at) !== undefined
  if (!isDated || typeof banned !== 'boolean' || !Array.isArray(email_addresses)) return undefined
  const hasPrimary = idOf(user.primary_email_address_id) !== undefined
  return hasPrimary && change.profile.email === null ? undefined : change
}

function readSubscription(told: Told): ReturnType<Read> {
  const subscription = readObjectChange(keepings.subscription, told)
  const { id, payer, items } = told.resource
  if (subscription === undefined) return []
  const within = (Array.isArray(items) ? items.slice(0, itemsMax) : [])
    .map(resourceOf)
    .filter((item) => item !== undefined)
    // An item within its subscription does not say again whose it is.
    .map((item) => ({ ...told, resource: { ...item, payer, subscription_id: id } }))
    .map((item) => readObjectChange(keepings.subscriptionItem, item))
  return [subscription, ...within]
}

function objects(family: keyof typeof keepings, words: readonly string[]): Family {
  return { words, read: (told) => [readObjectChange(keepings[family], told)] }
}
