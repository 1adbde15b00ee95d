import { digestOf } from '../model/digest.ts'

/** The members that make a key what it is, in the order in which they are hashed. */
const required: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['RSA', ['e', 'kty', 'n']],
])

/** The SHA-256 thumbprint of an EC or RSA key, in base64url (RFC 7638). Throws for any other key. */
export async function thumbprint(key: Readonly<Record<string, string>>): Promise<string> {
  const members = required.get(key.kty)
  if (members === undefined) throw new TypeError('Only EC and RSA keys have a thumbprint here')
  return digestOf(
    JSON.stringify(Object.fromEntries(members.map((member) => [member, key[member]]))),
  )
}
