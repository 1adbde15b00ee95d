import type { JsonObject, Pages } from '../model/pages.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  built,
  flag,
  isRecord,
  object,
  optional,
  parsed,
  type Reading,
  text,
  unsound,
} from './shape.ts'

/** The pages of the gateway's own: sign-in, sign-up, sign-out, profile, organization, waitlist. */
export interface PagesConfig {
  /** What they call what is behind them; the host when not given. */
  readonly name?: string
  /** The path to go to from them where nothing else is asked for; `'/'` when not given. */
  readonly home?: string
  /** Handed to Clerk's components as it is: the `appearance` of Clerk's documentation, as far as it is JSON. */
  readonly appearance?: JsonObject
  /** Handed to Clerk's components as it is: the `localization` of Clerk's documentation. */
  readonly localization?: JsonObject
  /** Whether Google One Tap is offered where the Clerk instance has it: lets Google's script on the pages. */
  readonly googleOneTap?: boolean
}

const jsonMaxBytes = 128 * 1024
const jsonDepthMax = 16

const usualPages: Pages = {
  name: undefined,
  home: '/',
  appearance: undefined,
  localization: undefined,
  googleOneTap: false,
}

const fields = object({
  name: optional(text, null),
  home: optional(parsed(parseHome), usualPages.home),
  appearance: optional(plainJson, null),
  localization: optional(plainJson, null),
  googleOneTap: optional(flag, usualPages.googleOneTap),
})

const givenPages = built(
  fields,
  ({ name, home, appearance, localization, googleOneTap }): Pages => ({
    name: name ?? undefined,
    home,
    appearance: appearance ?? undefined,
    localization: localization ?? undefined,
    googleOneTap,
  }),
)

/** The shape of `pages`: how they are, or `false` for none. */
export const pagesShape = optional(
  (value: unknown, place: string): Reading<Pages | false> =>
    value === false ? { value, problems: [] } : givenPages(value, place),
  usualPages,
)

/** A path of this gateway as a browser writes it; `//` and `\` begin the address of another host. */
function parseHome(source: string): Result<string, string> {
  if (/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(source)) return ok(source)
  return err('Must be a path of this gateway, such as "/" or "/app", with any other sign escaped.')
}

/** It is written into a page, so it is what JSON can say, and not the size of one by itself. */
function plainJson(value: unknown, place: string): Reading<JsonObject> {
  if (!isRecord(value) || !isPlain(value, jsonDepthMax)) {
    return unsound(place, 'Must be an object of texts, numbers, true, false, null and lists alone.')
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value)).byteLength
  if (bytes <= jsonMaxBytes) return { value, problems: [] }
  return unsound(place, `Is larger than ${jsonMaxBytes / 1024} KiB, which every page would carry.`)
}

function isPlain(value: unknown, depthLeft: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depthLeft === 0) return false
  // A plain object is one step from nothing, and its prototype may be that of another realm.
  const prototype: unknown = Object.getPrototypeOf(value)
  const isObject = prototype === null || Object.getPrototypeOf(prototype) === null
  if (!Array.isArray(value) && !isObject) return false
  return Object.values(value).every((one) => isPlain(one, depthLeft - 1))
}
