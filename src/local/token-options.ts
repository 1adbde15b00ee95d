import { parseArgs } from 'node:util'
import { type Claims, type TokenType, tokenTypes } from '../model/principal.ts'
import { localGateway, localMachines } from './clerk/machines.ts'
import { localOrganizations, localUsers } from './clerk/users.ts'

/** How `npm run token` is used. */
export const usage = `Usage: npm run -s token -- --user <name> [--org <slug>]
       npm run -s token -- --type <type> …

  session_token (the usual type)  --user [--org]
  jwt_template                    --user
  oauth_token                     --user [--scope …] [--opaque]
  m2m_token                       --machine [--for] [--opaque]
  api_key                         --user or --org or --machine [--scope …]

  --user     ${[...localUsers.keys()].join(', ')}
  --org      the active organisation, or whose key it is: ${[...localOrganizations.keys()].join(', ')}
  --machine  ${[...localMachines.keys()].join(', ')}
  --for      the machine that a machine's token is for: the gateway, or another one's mch_…
  --scope    what it is limited to; several with commas, or one after the other
  --opaque   makes no JWT, but what Clerk has to be asked about; an API key is always opaque
  --expires  seconds until it expires, 60 by default (an API key never does); --expires=-60 for one
             that has expired
  --claims   JSON, laid over the claims of a JWT; null removes one
  --header   JSON, laid over the header of a JWT; null removes a member
`

/** A command line that cannot be understood, as against one that asks for what does not exist. */
export class UsageError extends Error {}

/** What a command line asks for. */
export interface TokenOptions {
  readonly type: TokenType
  readonly isOpaque: boolean
  readonly user: string | undefined
  readonly org: string | undefined
  readonly machine: string | undefined
  readonly receiver: string
  readonly scopes: readonly string[]
  /** `undefined` where the command line does not say. */
  readonly expiresSeconds: number | undefined
  readonly claims: Claims
  readonly header: Claims
}

const text = { type: 'string' } as const
const options = {
  type: text,
  user: text,
  org: text,
  machine: text,
  for: text,
  scope: { type: 'string', multiple: true },
  opaque: { type: 'boolean' },
  expires: text,
  claims: text,
  header: text,
} as const

type Option = keyof typeof options

/** The options that mean something to each type; `type` and `expires` do to all. */
const meaningful: Readonly<Record<TokenType, readonly Option[]>> = {
  session_token: ['user', 'org', 'claims', 'header'],
  jwt_template: ['user', 'claims', 'header'],
  oauth_token: ['user', 'scope', 'opaque', 'claims', 'header'],
  m2m_token: ['machine', 'for', 'opaque', 'claims', 'header'],
  api_key: ['user', 'org', 'machine', 'scope', 'opaque'],
}

/** Reads the command line. Throws a {@link UsageError} for one that makes no sense. */
export function readOptions(words: readonly string[]): TokenOptions {
  const values = parse(words)
  const type = readType(values.type)
  const isOpaque = type === 'api_key' || values.opaque === true
  const overlays = isOpaque ? ['claims', 'header'] : []
  for (const name of Object.keys(values)) {
    if (name === 'type' || name === 'expires') continue
    const isMeant = meaningful[type].some((one) => one === name) && !overlays.includes(name)
    if (!isMeant) throw new UsageError(`--${name} means nothing for this type.`)
  }
  requireOwner(type, values)
  const { user, org, machine, for: receiver = localGateway, expires } = values
  if (!/^mch_\w+$/.test(receiver)) throw new UsageError('--for is the id of a machine: mch_….')
  if (expires !== undefined && !/^-?\d{1,9}$/.test(expires)) {
    throw new UsageError('--expires is a whole number of seconds.')
  }
  return {
    ...{ type, isOpaque, user, org, machine, receiver },
    scopes: readScopes(values.scope),
    expiresSeconds: expires === undefined ? undefined : Number(expires),
    claims: readObject('--claims', values.claims),
    header: readObject('--header', values.header),
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readType(name = 'session_token'): TokenType {
  const type = tokenTypes.find((one) => one === name)
  if (type === undefined) throw new UsageError(`--type is one of ${tokenTypes.join(', ')}.`)
  return type
}

type Owners = Readonly<Partial<Record<'user' | 'org' | 'machine', string | undefined>>>

function requireOwner(type: TokenType, { user, org, machine }: Owners): void {
  if (type === 'api_key') {
    const owners = [user, org, machine].filter((one) => one !== undefined)
    if (owners.length !== 1) throw new UsageError('A key is of one --user, --org or --machine.')
  } else if (type === 'm2m_token') {
    if (machine === undefined) throw new UsageError('--machine is missing.')
  } else if (user === undefined) throw new UsageError('--user is missing.')
}

/** None of them has a blank in it (RFC 6749 section 3.3). */
function readScopes(given: readonly string[] = []): readonly string[] {
  const scopes = given.flatMap((one) => one.split(','))
  if (scopes.every((scope) => /^[!#-[\]-~]+$/.test(scope))) return scopes
  throw new UsageError('--scope is one or more words, with commas and without blanks.')
}

function readObject(option: string, json = '{}'): Claims {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value))
    }
  } catch {}
  throw new UsageError(`${option} is not a JSON object.`)
}
