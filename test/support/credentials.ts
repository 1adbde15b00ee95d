import type { TokenType } from '../../src/model/principal.ts'
import { testIssuer } from './tokens.ts'
import type { World } from './world.ts'

/** The machine that the gateway is in these tests, and one that it is not. */
export const ourMachine = `mch_${'a'.repeat(27)}`
/** A machine that is not the gateway. */
export const otherMachine = `mch_${'b'.repeat(27)}`
/** The machine that sends. */
export const sendingMachine = `mch_${'c'.repeat(27)}`

/** The variables under which every kind of credential can be accepted. */
export const everyCredential = {
  CLERK_SECRET_KEY: 'sk_test_secret',
  CLERK_MACHINE_ID: ourMachine,
}

/** A kind of credential in one of its forms. */
export interface CredentialForm {
  readonly name: string
  readonly type: TokenType
  /** Whether Clerk alone can say what it is worth. */
  readonly isOpaque: boolean
  make(world: World): string | Promise<string>
}

type Claims = Readonly<Record<string, unknown>>

/** A JWT of a template: no session, and its own claims beside the registered ones. */
export function mintTemplate(world: World, claims: Claims = {}): Promise<string> {
  const own = { sid: undefined, sts: undefined, fva: undefined, v: undefined, ...claims }
  return world.token(own, { cat: 'cl_B7d4PD222AAA' })
}

/** An OAuth access token as a JWT (RFC 9068). */
export function mintAccessToken(world: World, claims: Claims = {}): Promise<string> {
  return mintMachineLike(world, {
    claims: {
      sub: 'user_ada',
      client_id: 'client_1',
      scope: 'read write',
      jti: 'oat_jwt',
      ...claims,
    },
    header: { typ: 'at+jwt', cat: undefined },
  })
}

/** A machine's token as a JWT. */
export function mintMachineToken(world: World, claims: Claims = {}): Promise<string> {
  return mintMachineLike(world, {
    claims: { sub: sendingMachine, scopes: ourMachine, jti: 'mt_jwt', ...claims },
    header: { cat: 'cl_B7d4PD333AAA' },
  })
}

function mintMachineLike(world: World, { claims, header }: { claims: Claims; header: Claims }) {
  const session = { azp: undefined, sid: undefined, sts: undefined, fva: undefined, v: undefined }
  return world.token({ ...session, iss: testIssuer, ...claims }, header)
}

/** What Clerk knows of the opaque credentials of these tests, by the credential. */
export const opaqueRecords: Readonly<Record<string, Claims>> = {
  ak_ada: apiKey({ subject: 'user_ada', scopes: ['ingest', 'read'] }),
  ak_acme: apiKey({ subject: 'org_acme' }),
  ak_machine: apiKey({ subject: sendingMachine }),
  mt_good: machineToken({}),
  mt_other: machineToken({ scopes: [otherMachine] }),
  oat_good: accessToken({}),
}

/** An API key as Clerk tells of one. */
export function apiKey(changes: Claims): Claims {
  return {
    object: 'api_key',
    id: `ak_${'0'.repeat(32)}`,
    type: 'api_key',
    subject: 'user_ada',
    name: 'a key',
    description: null,
    claims: null,
    scopes: [],
    revoked: false,
    revocation_reason: null,
    expired: false,
    expiration: null,
    created_by: null,
    last_used_at: null,
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
    ...changes,
  }
}

/** A machine's opaque token as Clerk tells of one. */
export function machineToken(changes: Claims): Claims {
  const {
    type: _type,
    name: _name,
    description: _description,
    created_by: _by,
    ...rest
  } = apiKey({})
  const id = `mt_${'0'.repeat(32)}`
  const scopes = [ourMachine]
  return {
    ...rest,
    object: 'machine_to_machine_token',
    id,
    subject: sendingMachine,
    scopes,
    ...changes,
  }
}

/** An opaque OAuth access token as Clerk tells of one: its times are seconds. */
export function accessToken(changes: Claims): Claims {
  return {
    object: 'clerk_idp_oauth_access_token',
    id: `oat_${'0'.repeat(32)}`,
    client_id: 'client_1',
    subject: 'user_ada',
    scopes: ['read', 'write'],
    revoked: false,
    revocation_reason: null,
    expired: false,
    expiration: null,
    created_at: 1_700_000_000,
    updated_at: 1_700_000_000,
    ...changes,
  }
}

/** Each endpoint, what its body names the credential by, and what the credentials begin with. */
const endpoints: Readonly<Record<string, readonly [member: string, prefix: string]>> = {
  '/api_keys/verify': ['secret', 'ak_'],
  '/m2m_tokens/verify': ['token', 'mt_'],
  '/oauth_applications/access_tokens/verify': ['access_token', 'oat_'],
}

/** Clerk's verify endpoints over these records; 404 for what they do not hold. */
export function answerFrom(
  records: Readonly<Record<string, Claims>>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const [member = '', prefix = ''] = endpoints[new URL(request.url).pathname] ?? []
    const body: Claims = await request.json()
    const credential = String(body[member])
    const record = credential.startsWith(prefix) ? records[credential] : undefined
    if (record !== undefined) return Response.json(record)
    const errors = [{ code: 'resource_not_found', message: 'not found' }]
    return Response.json({ errors }, { status: 404 })
  }
}

/** Every kind of credential in every form, good ones. */
export const credentialForms: readonly CredentialForm[] = [
  form('a session token', 'session_token', (world) => world.token()),
  form('a template JWT', 'jwt_template', (world) => mintTemplate(world)),
  form('an access token as JWT', 'oauth_token', (world) => mintAccessToken(world)),
  opaque('an opaque access token', 'oauth_token', 'oat_good'),
  form("a machine's JWT", 'm2m_token', (world) => mintMachineToken(world)),
  opaque("a machine's opaque token", 'm2m_token', 'mt_good'),
  opaque('an API key', 'api_key', 'ak_ada'),
]

function form(name: string, type: TokenType, make: CredentialForm['make']): CredentialForm {
  return { name, type, isOpaque: false, make }
}

function opaque(name: string, type: TokenType, token: string): CredentialForm {
  return { name, type, isOpaque: true, make: () => token }
}
