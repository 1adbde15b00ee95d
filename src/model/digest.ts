import { encodeBase64url } from './base64url.ts'

/** The SHA-256 of a text in base64url: something short that names it, and from which it cannot be read. */
export async function digestOf(text: string): Promise<string> {
  return encodeBase64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
