import { backendTable } from './backend-ledger.ts'
import { frontendTable } from './frontend-ledger.ts'

/** One operation of Clerk's published descriptions. */
export interface Entry {
  readonly method: string
  /** Below `/v1` in the Backend API, as the description writes it. */
  readonly path: string
  readonly id: string
}

/** Every operation of the Frontend API's description. */
export const frontendLedger: readonly Entry[] = readLedger(frontendTable)
/** Every operation of the Backend API's description. */
export const backendLedger: readonly Entry[] = readLedger(backendTable)

/** Reads a table that has one operation in each line: its method, path and id. */
function readLedger(table: string): readonly Entry[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [method = '', path = '', id = ''] = line.trim().split(' ')
      // A parameter is a whole part of a path here: the one of `{saml_connection_id}.xml` has the ending in it.
      return { method, path: path.replace(/\}\.\w+$/, '}'), id }
    })
}

/** What of Clerk the stand-in leaves out for good, and why. */
interface Omission {
  readonly what: string
  readonly reason: string
  readonly paths: RegExp
}

const omissions: readonly Omission[] = [
  {
    what: 'billing',
    reason: 'payments need a payment provider',
    paths: /\/billing\//,
  },
  {
    what: 'enterprise connections',
    reason: 'SAML, SCIM and directories need an identity provider on the other side',
    paths:
      /\/(saml|saml_connections|enterprise_connections|scim_directories|directories|admin_portal_link_tokens)(\/|$)/,
  },
  {
    what: 'the OAuth provider',
    reason: 'signing in to other applications is not what a gateway sees',
    paths:
      /^\/(oauth\/|v1\/me\/oauth\/|\.well-known\/(openid-configuration|oauth-authorization-server)|oauth_applications(?!\/access_tokens\/verify))/,
  },
  {
    what: 'social connections',
    reason: 'they need the provider, which is not on this machine',
    paths: /\/(external_accounts|oauth_callback|oauth_access_tokens)(\/|$)/,
  },
  {
    what: 'wallets, passkeys and trusted devices',
    reason: 'they need a device',
    paths: /\/(web3_wallets|passkeys|trusted_devices|webauthn)(\/|$)/,
  },
  {
    what: 'native applications',
    reason: 'Usher stands before web applications',
    paths: /\.well-known\/(assetlinks\.json|apple-app-site-association)$/,
  },
  {
    what: 'development browsers',
    reason: 'the stand-in behaves as a production instance does',
    paths: /\/dev_browser(\/|$)/,
  },
  {
    what: 'agents',
    reason: 'their tasks run at Clerk',
    paths: /^(\/v1)?\/agents\//,
  },
]

/** What of Clerk an operation belongs to that the stand-in leaves out for good; `undefined` for any other. */
export function omissionOf({ path }: Entry): Pick<Omission, 'what' | 'reason'> | undefined {
  return omissions.find(({ paths }) => paths.test(path))
}
