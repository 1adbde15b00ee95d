import type { JwtType } from '../../clerk/token-type.ts'
import { encodeBase64url } from '../../model/base64url.ts'
import type { Claims } from '../../model/principal.ts'
import { marker } from '../marker.ts'
import type { LocalMembership, LocalOrganization, LocalUser } from './users.ts'

/** A private RSA key with its name, as the keys of local mode hold it. */
export interface IssuerKey extends JsonWebKey {
  readonly kid: string
}

/** Who issues a token, and for how long. */
interface Issue {
  readonly issuer: string
  readonly nowSeconds: number
  readonly lifetimeSeconds: number
}

/** What a session token is about. */
export interface Session extends Issue {
  readonly user: Pick<LocalUser, 'id' | 'sessionId' | 'number' | 'email'>
  /** The active organisation and what the user may do there. */
  readonly active?: ActiveOrganization | undefined
  /** The origin of the page that asked for the token; a backend that asks for one belongs to no page. */
  readonly authorizedParty?: string | undefined
  /** Minutes since the first and the second factor were verified; -1 for never. */
  readonly factorAges?: readonly [number, number]
  /** Whether the user has yet to do something before the session counts. */
  readonly isPending?: boolean
  /** Who acts in the name of the user. */
  readonly actor?: object | null
}

/** An organisation and what one of its members may do there. */
export interface ActiveOrganization {
  readonly organization: Pick<LocalOrganization, 'id' | 'slug'>
  readonly membership: LocalMembership
}

/** What a token of a JWT template is about. A backend that asks for one belongs to no page. */
export interface TemplateToken extends Issue {
  readonly user: Pick<LocalUser, 'id'>
  readonly template: string
  readonly authorizedParty?: string | undefined
}

/** What an OAuth access token is about. */
export interface AccessToken extends Issue {
  readonly user: LocalUser
  readonly clientId: string
  readonly scopes: readonly string[]
}

/** What a machine's token is about: who sends it, and to which machines. */
export interface MachineToken extends Issue {
  readonly machineId: string
  readonly receivers: readonly string[]
}

/** Clerk dates the beginning of a token back by this much, for clocks that are behind. */
const notBeforeSeconds = 10

const rs256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** What Clerk's headers say of the kind of a token: its category, and for OAuth the `typ` of RFC 9068. */
const kinds: Readonly<Record<JwtType, Claims>> = {
  session_token: { cat: 'cl_B7d4PD111AAA', typ: 'JWT' },
  jwt_template: { cat: 'cl_B7d4PD222AAA', typ: 'JWT' },
  oauth_token: { typ: 'at+jwt' },
  m2m_token: { cat: 'cl_B7d4PD333AAA', typ: 'JWT' },
}

/** The header of a token of this kind. */
export function tokenHeader(type: JwtType, key: IssuerKey): Claims {
  return { alg: 'RS256', kid: key.kid, ...kinds[type] }
}

/** The claims that every token has. The issuer must be a local one. */
function registeredClaims({ issuer, nowSeconds, lifetimeSeconds }: Issue, subject: string): Claims {
  if (!issuer.endsWith('.localhost')) throw new TypeError(`${marker} issues for *.localhost only`)
  return {
    exp: nowSeconds + lifetimeSeconds,
    iat: nowSeconds,
    iss: issuer,
    nbf: nowSeconds - notBeforeSeconds,
    sub: subject,
  }
}

/**
 * The claims of a session token, version 2, as Clerk writes them, with `email` and `number` added as
 * a customised session token would have them.
 */
export function sessionClaims(session: Session): Claims {
  const { user, active, authorizedParty, actor } = session
  return {
    ...registeredClaims(session, user.id),
    ...(actor && { act: actor }),
    ...(authorizedParty !== undefined && { azp: authorizedParty }),
    email: user.email,
    fva: session.factorAges ?? [0, -1],
    number: user.number,
    sid: user.sessionId,
    sts: session.isPending ? 'pending' : 'active',
    v: 2,
    ...(active && organizationClaims(active)),
  }
}

/** The claims of a token of a JWT template whose only claim of its own is the name of the template. */
export function templateClaims(token: TemplateToken): Claims {
  const { user, template, authorizedParty } = token
  return {
    ...registeredClaims(token, user.id),
    ...(authorizedParty !== undefined && { azp: authorizedParty }),
    jti: randomName(),
    template,
  }
}

/** The claims of an OAuth access token (RFC 9068 section 2.2). */
export function accessClaims(token: AccessToken): Claims {
  const { user, clientId, scopes } = token
  const claims = { client_id: clientId, jti: `oat_${randomName()}`, scope: scopes.join(' ') }
  return { ...registeredClaims(token, user.id), ...claims }
}

/** The claims of a machine's token. */
export function machineClaims(token: MachineToken): Claims {
  const { machineId, receivers } = token
  const claims = { aud: receivers, jti: `mt_${randomName()}`, scopes: receivers.join(' ') }
  return { ...registeredClaims(token, machineId), ...claims }
}

/** Clerk's names of tokens are 32 hexadecimal digits. */
function randomName(): string {
  return crypto.randomUUID().replaceAll('-', '')
}

/**
 * The active organisation in the compact form of version 2: `fea` lists the features, `o.per` the
 * words that occur, and the bits of each number in `o.fpm` say which words a feature has, the lowest
 * bit being the first word.
 */
function organizationClaims({ organization, membership }: ActiveOrganization): Claims {
  const parts = membership.permissions.map((permission) => {
    const [, feature = '', word = ''] = permission.split(':')
    return { feature, word }
  })
  const features = [...new Set(parts.map((part) => part.feature))]
  const words = [...new Set(parts.map((part) => part.word))]
  const masks = features.map((feature) =>
    parts
      .filter((part) => part.feature === feature)
      .reduce((mask, part) => mask | (1 << words.indexOf(part.word)), 0),
  )
  return {
    fea: features.map((feature) => `o:${feature}`).join(','),
    o: {
      id: organization.id,
      slg: organization.slug,
      rol: membership.role.replace(/^org:/, ''),
      per: words.join(','),
      fpm: masks.join(','),
    },
  }
}

/** Signs with RS256 whatever the header says, so that a lying header can be tried. */
export async function signToken(key: IssuerKey, header: Claims, claims: Claims): Promise<string> {
  const signer = await crypto.subtle.importKey('jwk', key, rs256, false, ['sign'])
  const input = [header, claims].map((part) => encodeBase64url(JSON.stringify(part))).join('.')
  const signature = await crypto.subtle.sign(rs256.name, signer, new TextEncoder().encode(input))
  return `${input}.${encodeBase64url(signature)}`
}

/** The public half of the key, as a Clerk instance publishes it. */
export function publicIssuerJwk(key: IssuerKey): Record<string, string | undefined> {
  return { kty: 'RSA', n: key.n, e: key.e, kid: key.kid, use: 'sig', alg: 'RS256' }
}
