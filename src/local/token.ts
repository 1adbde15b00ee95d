/** `npm run token`: prints one session token of a local user, and nothing else. */
import { parseArgs } from 'node:util'
import { localFolder, readBanned } from '../cli/local-state.ts'
import type { Claims } from '../model/principal.ts'
import { sessionClaims, sessionHeader, signToken } from './clerk/issuer.ts'
import { localOrganizations, localUsers } from './clerk/users.ts'
import { clerkHost, keyringPath, openKeyring } from './keyring.ts'
import { usualParty } from './ports.ts'

const usage = `Usage: npm run -s token -- --user <name> [--org <slug>] [--expires <seconds>]
                           [--claims '{…}'] [--header '{…}']

  --user     ${[...localUsers.keys()].join(', ')}
  --org      the active organisation: ${[...localOrganizations.keys()].join(', ')}
  --expires  seconds until the token expires, 60 by default; --expires=-60 for one that has expired
  --claims   JSON, laid over the claims; null removes one
  --header   JSON, laid over the header; null removes a member
`

const secondsUsual = 60

/** A command line that cannot be understood, as against one that asks for what does not exist. */
class UsageError extends Error {}

await main().then(
  (token) => process.stdout.write(`${token}\n`),
  (error: unknown) => {
    const misused = error instanceof UsageError
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(misused ? `${message}\n\n${usage}` : `${message}\n`)
    process.exitCode = misused ? 2 : 1
  },
)

async function main(): Promise<string> {
  const options = readOptions()
  const user = localUsers.get(options.user)
  if (user === undefined) throw new Error(`There is no user ${options.user}.`)
  if (readBanned(localFolder()).includes(user.id)) throw new Error(`${options.user} is banned.`)
  const keyring = await openKeyring(keyringPath)
  const claims = sessionClaims({
    issuer: `https://${clerkHost(keyring)}`,
    user,
    active: options.org === undefined ? undefined : activate(options.org, options.user),
    authorizedParty: usualParty,
    nowSeconds: Math.floor(Date.now() / 1000),
    lifetimeSeconds: options.expiresSeconds,
  })
  const header = sessionHeader(keyring.issuerKey)
  return signToken(
    keyring.issuerKey,
    overlay(header, options.header),
    overlay(claims, options.claims),
  )
}

function readOptions() {
  const values = parse()
  const { user, expires = String(secondsUsual) } = values
  if (user === undefined) throw new UsageError('--user is missing.')
  if (!/^-?\d{1,9}$/.test(expires)) throw new UsageError('--expires is a whole number of seconds.')
  return {
    user,
    org: values.org,
    expiresSeconds: Number(expires),
    claims: readObject('--claims', values.claims),
    header: readObject('--header', values.header),
  }
}

function parse() {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      options: { user: text, org: text, expires: text, claims: text, header: text },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readObject(option: string, text = '{}'): Claims {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value))
    }
  } catch {}
  throw new UsageError(`${option} is not a JSON object.`)
}

function activate(slug: string, name: string) {
  const organization = localOrganizations.get(slug)
  if (organization === undefined) throw new Error(`There is no organisation ${slug}.`)
  const membership = organization.members.get(name)
  if (membership === undefined) throw new Error(`${name} is not a member of ${slug}.`)
  return { organization, membership }
}

function overlay(below: Claims, above: Claims): Claims {
  const merged = Object.entries({ ...below, ...above })
  return Object.fromEntries(merged.filter(([, value]) => value !== null))
}
