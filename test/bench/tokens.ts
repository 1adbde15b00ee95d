import { generateKeyPairSync, sign } from 'node:crypto'

/** Clerk's side of the benchmark: one key, and tokens as Clerk mints them. */
export interface BenchIssuer {
  readonly keySet: string
  readonly publicPem: string
  /** The same key as JSON. */
  readonly publicJwk: string
  /** A session token of about 900 bytes that lives for a minute from now. */
  readonly token: (session: Session) => string
}

/** Whose session it is. */
export interface Session {
  readonly user: number
  readonly session: number
}

const kid = 'ins_2bench'

/** Makes the key. RSA of 2048 bits, as Clerk's are. */
export function openIssuer(): BenchIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = publicKey.export({ format: 'jwk' })
  const header = encode({ alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid, typ: 'JWT' })
  let minted = 0
  return {
    keySet: JSON.stringify({ keys: [{ ...jwk, use: 'sig', alg: 'RS256', kid }] }),
    publicJwk: JSON.stringify(jwk),
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    token(session) {
      minted += 1
      const text = `${header}.${encode(claims(session, minted))}`
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
    },
  }
}

/** Version 2 of Clerk's claims, with an organisation and what its role permits. */
function claims({ user, session }: Session, serial: number): object {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return {
    azp: 'https://app.usher.test',
    exp: nowSeconds + 60,
    fea: 'o:reports,o:billing,u:export',
    fva: [4, -1],
    iat: nowSeconds,
    iss: 'https://clerk.usher.test',
    jti: serial.toString(16).padStart(20, '0'),
    nbf: nowSeconds - 10,
    o: {
      fpm: '3,1',
      id: 'org_2bench0000000000000000000',
      per: 'read,manage',
      rol: 'admin',
      slg: 'acme',
    },
    pla: 'o:pro',
    sid: `sess_2bench${session.toString(36).padStart(20, '0')}`,
    sts: 'active',
    sub: `user_2bench${user.toString(36).padStart(20, '0')}`,
    v: 2,
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
