import { wrongParameter } from './complaint.ts'
import { type Field, json } from './fields.ts'
import type { Metadata } from './records.ts'

/** Clerk's limit for one kind of metadata of one record. */
export const metadataMaxBytes = 8 * 1024

/** Metadata as somebody sends it: `null` is none. */
export const metadata: Field<Metadata> = (value, name) =>
  value === null || value === '' ? {} : small(json(value, name), name)

/** Merges deeply: an object into an object, and `null` takes a key away. */
export function mergeMetadata(before: Metadata, changes: Metadata, name: string): Metadata {
  return small(merge(before, changes), name)
}

function merge(before: Metadata, changes: Metadata): Metadata {
  const merged = new Map(Object.entries(before))
  for (const [key, value] of Object.entries(changes)) {
    const old = merged.get(key)
    if (value === null) merged.delete(key)
    else merged.set(key, isObject(value) ? merge(isObject(old) ? old : {}, value) : value)
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function small(value: Metadata, name: string): Metadata {
  if (new TextEncoder().encode(JSON.stringify(value)).length <= metadataMaxBytes) return value
  throw wrongParameter(
    'form_param_exceeds_allowed_size',
    name,
    `${name} exceeds the maximum allowed size of 8KB.`,
  )
}
