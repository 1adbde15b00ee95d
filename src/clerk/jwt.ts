import { decodeBase64url } from '../model/base64url.ts'
import type { Claims } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** No token that Clerk issues comes near this: browsers stop at cookies of 4 KiB. */
export const tokenMaxBytes = 8192

/** `Bearer `, and a little more. */
const besideToken = 16

/**
 * A token that does not keep alive all that it was cut from: tokens are remembered, and what stands beside
 * one can be a hundred times as long.
 */
export function cutFrom(text: string, token: string): string {
  const isMost = text.length <= token.length + besideToken || token.length > tokenMaxBytes
  return isMost ? token : new TextDecoder().decode(new TextEncoder().encode(token))
}

/** A JSON Web Token taken apart. Nothing in it is to be believed yet. */
export interface DecodedToken {
  readonly header: Claims
  readonly payload: Claims
  readonly signature: Uint8Array
  /** The bytes that the signature covers. */
  readonly signed: Uint8Array
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
/** An instance writes the same header into all of its tokens. */
const headers = createRecent<string, Claims>(200)
/** Longer ones are not remembered. Anyone can fill this memory, with 200 tokens of {@link tokenMaxBytes} at most. */
const rememberedHeaderMax = 512

/**
 * Takes a compact JWS apart (RFC 7515 section 7.1): three parts of strict base64url, a header and a
 * payload that are JSON objects without repeated members. Bounded before any work is done.
 */
export function decodeToken(
  token: string,
  maxBytes = tokenMaxBytes,
): Result<DecodedToken, Refusal> {
  if (token.length > maxBytes) return refuse('token-too-large')
  const [headerPart = '', payloadPart = '', signaturePart, ...rest] = token.split('.', 4)
  if (signaturePart === undefined || rest.length > 0) return refuse('token-invalid')
  const header = decodeHeader(headerPart)
  if (!header.ok) return header
  const payload = decodeObject(payloadPart)
  if (!payload.ok) return payload
  const signature = decodeBase64url(signaturePart)
  if (signature === undefined) return refuse('token-invalid')
  const signed = encoder.encode(token.slice(0, headerPart.length + 1 + payloadPart.length))
  return ok({ header: header.value, payload: payload.value, signature, signed })
}

function decodeHeader(part: string): Result<Claims, Refusal> {
  const known = headers.get(part)
  if (known !== undefined) return ok(known)
  const header = decodeObject(part)
  if (header.ok && part.length <= rememberedHeaderMax) headers.set(part, header.value)
  return header
}

function decodeObject(part: string): Result<Claims, Refusal> {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) return refuse('token-invalid')
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    return refuse('token-invalid')
  }
  if (!isObject(value)) return refuse('token-invalid')
  // What is written again as it stood has lost nothing; only other spellings need a closer look.
  if (JSON.stringify(value) !== text && repeatsMember(text, value)) {
    return refuse('token-duplicate-member')
  }
  return ok(value)
}

/** Whether a JSON value is an object: no list, and not null. */
export function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Whether a JSON text names a member twice, which two parsers may read differently (RFC 7519 section
 * 4). Outside its strings a JSON text has one colon for each member, so it is enough to count.
 */
function repeatsMember(text: string, value: unknown): boolean {
  const colons = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
  let members = 0
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null) continue
    const children = Object.values(next)
    if (!Array.isArray(next)) members += children.length
    pending.push(...children)
  }
  return members !== colons
}
