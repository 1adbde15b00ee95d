import { createHash, generateKeyPairSync } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatSigningKeys, makeSigningKey } from '../cli/signing-keys.ts'
import { thumbprint } from '../cli/thumbprint.ts'
import type { IssuerKey } from './clerk/issuer.ts'

/** The secrets of local mode on this machine. They are worth nothing anywhere else. */
export interface Keyring {
  /** Makes the host of the local Clerk this machine's own. */
  readonly label: string
  /** The key with which the local Clerk signs session tokens. */
  readonly issuerKey: IssuerKey
  /** The value of `USHER_SIGNING_KEY`. */
  readonly signingKeys: string
}

/** The root of the project. */
export const projectRoot = join(import.meta.dirname, '../..')

/** Where the keyring is kept; it is not under version control. */
export const keyringPath = join(projectRoot, '.wrangler/local/keys.json')

/** The host of the local Clerk: resolvers know every `*.localhost` as this machine (RFC 6761). */
export function clerkHost(keyring: Keyring): string {
  return `clerk.${keyring.label}.localhost`
}

/** The publishable key of the local Clerk, in Clerk's format: the host and `$`, in base64. */
export function publishableKey(keyring: Keyring): string {
  return `pk_live_${btoa(`${clerkHost(keyring)}$`).replace(/=+$/, '')}`
}

/**
 * The secret key of the local Clerk's Backend API. It follows from the issuer's private key, so keyrings
 * of every age have one, and all processes the same.
 */
export function secretKey({ issuerKey }: Keyring): string {
  return `sk_live_${createHash('sha256').update(`secret key ${issuerKey.d}`).digest('base64url')}`
}

/** The secret key of the machine that the gateway is at the local Clerk; it follows likewise. */
export function machineSecretKey({ issuerKey }: Keyring): string {
  return `ak_${createHash('sha256').update(`machine key ${issuerKey.d}`).digest('base64url')}`
}

/** What the local stand-in signs webhooks with, as Svix writes secrets; it follows likewise. */
export function webhookSecret({ issuerKey }: Keyring): string {
  return `whsec_${createHash('sha256').update(`webhook secret ${issuerKey.d}`).digest('base64')}`
}

/** The secret by which another proxy on this machine may ask for checks; it follows likewise. */
export function callerSecret({ issuerKey }: Keyring): string {
  return createHash('sha256').update(`caller secret ${issuerKey.d}`).digest('base64url')
}

/**
 * Reads the keyring, and makes it on first use. Several processes may do so at once: the first to
 * finish wins and all of them get its keys. Throws when the file is there but cannot be understood.
 */
export async function openKeyring(path: string): Promise<Keyring> {
  const existing = await readKeyring(path)
  if (existing !== undefined) return existing
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${crypto.randomUUID()}`
  await writeFile(draft, JSON.stringify(await makeKeyring(), null, 2), { mode: 0o600 })
  // A link is made whole or not at all, and never over a file that is there already.
  await link(draft, path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  await rm(draft)
  return openKeyring(path)
}

async function makeKeyring(): Promise<Keyring> {
  return {
    label: crypto.randomUUID().slice(0, 8),
    issuerKey: await makeIssuerKey(),
    signingKeys: formatSigningKeys([await makeSigningKey('current', Date.now())]),
  }
}

/** A new RSA key of 2048 bits; its `kid` is its thumbprint (RFC 7638). */
export async function makeIssuerKey(): Promise<IssuerKey> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  const { n = '', e = '', d = '', p = '', q = '', dp = '', dq = '', qi = '' } = jwk
  const key = { kty: 'RSA', n, e, d, p, q, dp, dq, qi }
  return { ...key, kid: await thumbprint(key) }
}

async function readKeyring(path: string): Promise<Keyring | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const keyring = parseObject(text)
  if (isKeyring(keyring)) return keyring
  throw new Error(`${path} is damaged. Delete it: new keys are made at the next start.`)
}

function parseObject(text: string): Partial<Keyring> | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isKeyring(value: Partial<Keyring> | null): value is Keyring {
  return (
    typeof value?.label === 'string' &&
    typeof value.issuerKey?.kid === 'string' &&
    typeof value.signingKeys === 'string'
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
