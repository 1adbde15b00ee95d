import { encodeBase64url } from '../../model/base64url.ts'
import type { Claims } from '../../model/principal.ts'
import { marker } from '../marker.ts'
import type { LocalMembership, LocalOrganization, LocalUser } from './users.ts'

/** A private RSA key with its name, as the keys of local mode hold it. */
export interface IssuerKey extends JsonWebKey {
  readonly kid: string
}

/** What a session token is about. */
export interface Session {
  readonly issuer: string
  readonly user: LocalUser
  /** The active organisation and what the user may do there. */
  readonly active?:
    | { readonly organization: LocalOrganization; readonly membership: LocalMembership }
    | undefined
  /** The origin of the page that asked for the token. */
  readonly authorizedParty: string
  readonly nowSeconds: number
  readonly lifetimeSeconds: number
}

/** Clerk dates the beginning of a token back by this much, for clocks that are behind. */
const notBeforeSeconds = 10

const rs256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** The header of a session token: `cat` is Clerk's category of session tokens. */
export function sessionHeader(key: IssuerKey): Claims {
  return { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: key.kid, typ: 'JWT' }
}

/**
 * The claims of a session token, version 2, as Clerk writes them, with `email` and `number` added as
 * a customised session token would have them. The issuer must be a local one.
 */
export function sessionClaims(session: Session): Claims {
  const { issuer, user, active, nowSeconds } = session
  if (!issuer.endsWith('.localhost')) throw new TypeError(`${marker} issues for *.localhost only`)
  return {
    azp: session.authorizedParty,
    email: user.email,
    exp: nowSeconds + session.lifetimeSeconds,
    fva: [0, -1],
    iat: nowSeconds,
    iss: issuer,
    nbf: nowSeconds - notBeforeSeconds,
    number: user.number,
    sid: user.sessionId,
    sts: 'active',
    sub: user.id,
    v: 2,
    ...(active && organizationClaims(active.organization, active.membership)),
  }
}

/**
 * The active organisation in the compact form of version 2: `fea` lists the features, `o.per` the
 * words that occur, and the bits of each number in `o.fpm` say which words a feature has, the lowest
 * bit being the first word.
 */
function organizationClaims(organization: LocalOrganization, membership: LocalMembership): Claims {
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
