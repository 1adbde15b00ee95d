import type { Settings } from './clerk/kernel/world.ts'
import { localGateway } from './clerk/machines.ts'
import { gatewaysIntake } from './clerk/webhooks/gateways-intake.ts'
import {
  callerSecret,
  clerkHost,
  type Keyring,
  machineSecretKey,
  publishableKey,
  secretKey,
  webhookSecret,
} from './keyring.ts'
import { usualParty } from './ports.ts'
import { standInPath } from './stand-in-path.ts'

/** Variables that name a Clerk instance: one of them in `.dev.vars` and the local Clerk stays out. */
const clerkVariables = [
  'CLERK_PUBLISHABLE_KEY',
  'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
  'CLERK_FRONTEND_API',
  'CLERK_JWT_ISSUER',
  'CLERK_JWT_KEY',
]

type Variables = Readonly<Record<string, string | undefined>>

/** Whether the user's own variables name a Clerk instance. */
export function namesClerk(own: Variables): boolean {
  return clerkVariables.some((name) => own[name])
}

/** What the Worker is given beneath the user's own variables, which win. */
export function localVariables(
  keyring: Keyring,
  own: Variables,
  { port, scriptsUrl }: { readonly port: number; readonly scriptsUrl: string },
): Variables {
  const ushers = {
    USHER_SIGNING_KEY: keyring.signingKeys,
    USHER_CALLER_SECRET: callerSecret(keyring),
  }
  if (namesClerk(own)) return ushers
  // Another host than that of the gateway: its proxy turns redirects to the Frontend API's host into its own.
  const standIn = `http://127.0.0.1:${port}${standInPath}`
  return {
    ...ushers,
    CLERK_PUBLISHABLE_KEY: publishableKey(keyring),
    CLERK_SECRET_KEY: secretKey(keyring),
    CLERK_MACHINE_ID: localGateway,
    CLERK_MACHINE_SECRET_KEY: machineSecretKey(keyring),
    CLERK_API_URL: `${standIn}/backend`,
    CLERK_FAPI_URL: `${standIn}/frontend`,
    CLERK_PROXY_URL: `http://localhost:${port}/__clerk`,
    CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret(keyring),
    AUTHORIZED_PARTIES: [...new Set([usualParty, `http://localhost:${port}`])].join(','),
    LOCAL_CLERK_KEY: JSON.stringify(keyring.issuerKey),
    LOCAL_CLERK_SETTINGS: JSON.stringify(standInSettings(keyring, own, port)),
    LOCAL_CLERK_SCRIPTS: scriptsUrl,
  }
}

/** What the stand-in is told of itself. */
function standInSettings(keyring: Keyring, own: Variables, port: number): Settings {
  const applicationOrigin = `http://localhost:${port}`
  return {
    host: clerkHost(keyring),
    publishableKey: publishableKey(keyring),
    secretKey: secretKey(keyring),
    machine: { id: localGateway, secretKey: machineSecretKey(keyring) },
    applicationOrigin,
    webhook: {
      url: own.LOCAL_CLERK_WEBHOOK_URL || gatewaysIntake(applicationOrigin),
      secret: webhookSecret(keyring),
    },
  }
}

/** The same as a file of variables. None of the values has a single quote or a line break in it. */
export function formatVariables(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('')
}
