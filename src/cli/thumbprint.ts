import { encodeBase64url } from '../model/base64url.ts'

/** The members that make a key what it is, in the order in which they are hashed. */
const required: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['RSA', ['e', 'kty', 'n']],
])

/** The SHA-256 thumbprint of an EC or RSA key, in base64url (RFC 7638). Throws for any other key. */
export async function thumbprint(key: Readonly<Record<string, string>>): Promise<string> {
  const members = required.get(key.kty)
  if (members === undefined) throw new TypeError('Only EC and RSA keys have a thumbprint here')
  const text = JSON.stringify(Object.fromEntries(members.map((member) => [member, key[member]])))
  return encodeBase64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
