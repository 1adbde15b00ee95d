import { parseAccessKeys } from '../model/access-key.ts'
import { err, ok, type Result } from '../model/result.ts'
import { parseSigningKeys } from '../model/signing-key.ts'
import { baseOf, parseHost, parseOrigin, parseUpstreamAddress } from './address.ts'
import { parseCallerSecret } from './caller-secret.ts'
import { parseFrontendApi, parsePublishableKey } from './frontend-api.ts'
import type { Relaxations } from './relaxations.ts'

/** One variable of the environment: what it is for people, and how it is read. */
export interface VariableRow<T> {
  /** One sentence for the documentation. */
  readonly meaning: string
  /** What holds when it is not set, where that is not simply nothing. */
  readonly fallback?: string
  /** A secret belongs into `wrangler secret`, never into a file that is committed. */
  readonly secret?: true
  /** Reads the trimmed text, never empty. The error is a sentence and echoes no value. */
  readonly parse: (source: string, relaxations: Relaxations) => Result<T, string>
}

/** Every variable that Usher reads, in the order in which people should meet them. */
export const variableTable = {
  ORIGIN_URL: {
    meaning: 'The address of the API behind the gateway, as the shipped config reads it.',
    parse: (source) => ok(source),
  },
  HOSTS: {
    meaning: 'The hosts that are served, with commas, where the config names none.',
    parse: (source) => parseList(source, parseHost),
  },
  CLERK_PUBLISHABLE_KEY: {
    meaning: 'Names the Clerk instance; its other addresses follow from it.',
    parse: parsePublishableKey,
  },
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: {
    meaning: 'The same under the name that Next.js projects use.',
    parse: parsePublishableKey,
  },
  CLERK_FRONTEND_API: {
    meaning: 'Names the Clerk instance by the host of its Frontend API.',
    parse: parseFrontendApi,
  },
  CLERK_JWT_ISSUER: {
    meaning: 'Names the Clerk instance by the `iss` of its tokens, exactly as they say it.',
    parse: parseIssuer,
  },
  CLERK_JWT_KEY: {
    meaning: "The instance's public key in PEM: with it, and an issuer, no key is ever fetched.",
    parse: parsePublicKey,
  },
  CLERK_SECRET_KEY: {
    meaning:
      'Verifies API keys and opaque tokens, makes tokens of templates, bans and signs out for ' +
      "operators, walks through Clerk's users, knows addresses of administrators and of whom " +
      'Cloudflare Access asks about, and gives keys when the Frontend API cannot.',
    secret: true,
    parse: parseSecretKey,
  },
  CLERK_MACHINE_ID: {
    meaning: 'The machine that this gateway is at Clerk: tokens of other machines must name it.',
    parse: parseMachineId,
  },
  CLERK_MACHINE_SECRET_KEY: {
    meaning: 'Verifies opaque tokens of machines, in place of CLERK_SECRET_KEY.',
    secret: true,
    parse: parseMachineSecretKey,
  },
  CLERK_FAPI_URL: {
    meaning: 'Another address of the Frontend API.',
    fallback: 'https:// and the host that the publishable key names',
    parse: parseBase,
  },
  CLERK_API_URL: {
    meaning: 'Another address of the Backend API.',
    fallback: 'https://api.clerk.com',
    parse: parseBase,
  },
  CLERK_PROXY_URL: {
    meaning: 'The address of your own proxy for the Frontend API: one more accepted issuer.',
    parse: parseIssuer,
  },
  AUTHORIZED_PARTIES: {
    meaning: 'The origins of your frontends, with commas: checks `azp` and turns cookies on.',
    parse: (source, relaxations) => parseList(source, (one) => parseParty(one, relaxations)),
  },
  CLERK_JWT_AUDIENCE: {
    meaning: 'Audiences, with commas, of which a token must name one in `aud`.',
    parse: (source) => parseList(source, ok),
  },
  CLERK_WEBHOOK_SIGNING_SECRET: {
    meaning:
      "Checks Clerk's webhooks: `whsec_…`, as the Clerk dashboard shows it for the endpoint.",
    secret: true,
    parse: parseWebhookSecret,
  },
  ADMIN_USER_EMAILS: {
    meaning:
      'Verified addresses, with commas, whose owners are made administrators when first seen.',
    parse: parseEmails,
  },
  USHER_SIGNING_KEY: {
    meaning: 'Signs the identity assertion; made and rotated by `npm run keys`.',
    secret: true,
    parse: parseSigningKey,
  },
  USHER_CALLER_SECRET: {
    meaning:
      'Lets another proxy ask for checks, and for no decisions, which shows it in `X-Usher-Caller`, ' +
      'where the config names no callers.',
    secret: true,
    parse: parseCallerSecret,
  },
  USHER_ACCESS_KEY: {
    meaning: 'Signs answers to Cloudflare Access; made by `npm run -s keys -- --access`.',
    secret: true,
    parse: parseAccessKey,
  },
} satisfies Record<string, VariableRow<unknown>>

function parseBase(source: string, relaxations: Relaxations): Result<string, string> {
  const url = parseUpstreamAddress(source, relaxations)
  return url.ok ? ok(baseOf(url.value)) : url
}

/** An issuer is compared letter by letter, so it stays as it is written. */
function parseIssuer(source: string, relaxations: Relaxations): Result<string, string> {
  const url = parseUpstreamAddress(source, relaxations)
  return url.ok ? ok(source) : url
}

/** Environments that cannot hold line breaks hold `\n` in two characters. */
function parsePublicKey(source: string): Result<string, string> {
  const lines = source.replaceAll('\\n', '\n').replaceAll(/^"|"$/g, '').trim()
  // A dashboard or a shell may have made blanks of the line breaks; the labels keep theirs.
  const pem = lines.replace(
    /^(-----BEGIN [A-Z ]+-----)([\s\S]*?)(-----END [A-Z ]+-----)$/,
    (_, begin, body, end) => [begin, ...body.split(/\s+/).filter(Boolean), end].join('\n'),
  )
  const block = /^-----BEGIN ((?:RSA )?PUBLIC KEY)-----\n[A-Za-z0-9+/=\n]+\n-----END \1-----\n?$/
  return block.test(pem)
    ? ok(pem)
    : err('Must be a public key in PEM, with its BEGIN and END lines.')
}

/** `sk_test_…` or `sk_live_…`. */
function parseSecretKey(source: string): Result<string, string> {
  if (/^sk_[\x21-\x7e]+$/.test(source)) return ok(source)
  return err('Must be a secret key as the Clerk dashboard shows it: sk_test_… or sk_live_….')
}

function parseMachineId(source: string): Result<string, string> {
  if (/^mch_\w+$/.test(source)) return ok(source)
  return err('Must be the id of a machine as the Clerk dashboard shows it: mch_….')
}

function parseMachineSecretKey(source: string): Result<string, string> {
  if (/^ak_[\x21-\x7e]+$/.test(source)) return ok(source)
  return err('Must be the secret key of a machine as the Clerk dashboard shows it: ak_….')
}

/** `whsec_` and base64, as Standard Webhooks writes secrets; of less than 16 bytes anybody could guess it. */
function parseWebhookSecret(source: string): Result<string, string> {
  if (/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(source)) return ok(source)
  return err('Must be the signing secret of the endpoint as the Clerk dashboard shows it: whsec_….')
}

/** Blanks between commas are dropped, as people leave them there; an empty address is nobody's. */
function parseEmails(source: string): Result<readonly string[], string> {
  const addresses = source.split(',').map((one) => one.trim().toLowerCase())
  const named = addresses.filter((one) => one !== '')
  const isAddress = (one: string) => /^[^\s@,]+@[^\s@,]+$/.test(one)
  return named.every(isAddress) ? ok(named) : err('Must be e-mail addresses with commas.')
}

function parseSigningKey(source: string) {
  const keys = parseSigningKeys(source)
  return keys.ok ? keys : err(`The value ${keys.error}: make it with npm run keys.`)
}

function parseAccessKey(source: string) {
  const keys = parseAccessKeys(source)
  return keys.ok ? keys : err(`The value ${keys.error}: make it with npm run -s keys -- --access.`)
}

/** `azp` is an origin as browsers write it; plain http only makes sense on one's own machine. */
function parseParty(source: string, relaxations: Relaxations): Result<string, string> {
  const isLocal = /^http:\/\/(?:localhost|127\.0\.0\.1)(:\d+)?$/.test(source)
  const isExtension = /^[a-z]+-extension:\/\/[\w.@{}-]+$/.test(source)
  if (isExtension) return ok(source)
  const origin = parseOrigin(
    source,
    isLocal ? { ...relaxations, plainAddresses: true } : relaxations,
  )
  if (origin.ok && origin.value === source) return origin
  return err(
    'Must be exact origins with commas, such as https://app.example.com: no path or last slash, no "*".',
  )
}

function parseList<T>(
  source: string,
  parse: (one: string) => Result<T, string>,
): Result<readonly T[], string> {
  const values: T[] = []
  for (const one of source.split(',')) {
    if (one.trim() === '') return err('Must be a list with commas, without empty entries.')
    const value = parse(one.trim())
    if (!value.ok) return value
    values.push(value.value)
  }
  return ok(values)
}
