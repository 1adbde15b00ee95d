/** `npm run token`: prints one credential of a local user or machine, and nothing else. */

import type { JwtType, OpaqueType } from '../clerk/token-type.ts'
import { localFolder, readBanned } from '../cli/local-state.ts'
import type { Claims } from '../model/principal.ts'
import {
  accessClaims,
  machineClaims,
  sessionClaims,
  signToken,
  templateClaims,
  tokenHeader,
} from './clerk/issuer.ts'
import { localMachines } from './clerk/machines.ts'
import { localClient, sealOpaque } from './clerk/opaque-token.ts'
import { type LocalUser, localOrganizations, localUsers } from './clerk/users.ts'
import { clerkHost, type Keyring, keyringPath, openKeyring } from './keyring.ts'
import { usualParty } from './ports.ts'
import { readOptions, type TokenOptions, UsageError, usage } from './token-options.ts'

const secondsUsual = 60
/** The name of the template that local template tokens say they are of. */
const templateUsual = 'demo'
/** Usher asks about no opaque credential that is longer. */
const opaqueMax = 512

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
  const options = readOptions(process.argv.slice(2))
  const { type, isOpaque } = options
  const keyring = await openKeyring(keyringPath)
  if (type === 'session_token' || type === 'jwt_template') return makeJwt(type, options, keyring)
  const isSealed = type === 'api_key' || isOpaque
  return isSealed ? makeOpaque(type, options, keyring) : makeJwt(type, options, keyring)
}

async function makeJwt(type: JwtType, options: TokenOptions, keyring: Keyring): Promise<string> {
  const issue = {
    issuer: `https://${clerkHost(keyring)}`,
    nowSeconds: nowSeconds(),
    lifetimeSeconds: options.expiresSeconds ?? secondsUsual,
  }
  const header = overlay(tokenHeader(type, keyring.issuerKey), options.header)
  const claims = overlay(claimsOf(type, options, issue), options.claims)
  return signToken(keyring.issuerKey, header, claims)
}

interface Issue {
  readonly issuer: string
  readonly nowSeconds: number
  readonly lifetimeSeconds: number
}

function claimsOf(type: JwtType, options: TokenOptions, issue: Issue): Claims {
  const { user: name = '', org, scopes, receiver } = options
  switch (type) {
    case 'session_token': {
      const user = findUser(name)
      const active = org === undefined ? undefined : activate(org, name)
      return sessionClaims({ ...issue, user, active, authorizedParty: usualParty })
    }
    case 'jwt_template': {
      const user = findUser(name)
      const template = templateUsual
      return templateClaims({ ...issue, user, template, authorizedParty: usualParty })
    }
    case 'oauth_token':
      return accessClaims({ ...issue, user: findUser(name), clientId: localClient, scopes })
    case 'm2m_token':
      return machineClaims({ ...issue, machineId: findMachine(options), receivers: [receiver] })
  }
}

async function makeOpaque(
  type: OpaqueType,
  options: TokenOptions,
  keyring: Keyring,
): Promise<string> {
  const { expiresSeconds = type === 'api_key' ? undefined : secondsUsual } = options
  const issuedAtSeconds = nowSeconds()
  const credential = {
    subject: subjectOf(options),
    scopes: type === 'm2m_token' ? [options.receiver] : options.scopes,
    issuedAtSeconds,
    expiresAtSeconds: expiresSeconds === undefined ? null : issuedAtSeconds + expiresSeconds,
  }
  const token = await sealOpaque(type, credential, keyring.issuerKey)
  if (token.length > opaqueMax) throw new Error('These are too many scopes for one credential.')
  return token
}

function subjectOf(options: TokenOptions): string {
  if (options.user !== undefined) return findUser(options.user).id
  return options.org === undefined ? findMachine(options) : findOrganization(options.org).id
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function findUser(name: string): LocalUser {
  const user = localUsers.get(name)
  if (user === undefined) throw new Error(`There is no user ${name}.`)
  if (readBanned(localFolder()).includes(user.id)) throw new Error(`${name} is banned.`)
  return user
}

function findMachine({ machine = '' }: TokenOptions): string {
  const id = localMachines.get(machine)
  if (id === undefined) throw new Error(`There is no machine ${machine}.`)
  return id
}

function findOrganization(slug: string) {
  const organization = localOrganizations.get(slug)
  if (organization === undefined) throw new Error(`There is no organisation ${slug}.`)
  return organization
}

function activate(slug: string, name: string) {
  const organization = findOrganization(slug)
  const membership = organization.members.get(name)
  if (membership === undefined) throw new Error(`${name} is not a member of ${slug}.`)
  return { organization, membership }
}

function overlay(below: Claims, above: Claims): Claims {
  const merged = Object.entries({ ...below, ...above })
  return Object.fromEntries(merged.filter(([, value]) => value !== null))
}
