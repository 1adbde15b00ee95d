import { localGateway } from './clerk/machines.ts'
import {
  callerSecret,
  clerkHost,
  type Keyring,
  machineSecretKey,
  publishableKey,
  secretKey,
} from './keyring.ts'
import { usualParty } from './ports.ts'

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
export function localVariables(keyring: Keyring, own: Variables, port: number): Variables {
  const ushers = {
    USHER_SIGNING_KEY: keyring.signingKeys,
    USHER_CALLER_SECRET: callerSecret(keyring),
  }
  if (namesClerk(own)) return ushers
  return {
    ...ushers,
    CLERK_PUBLISHABLE_KEY: publishableKey(keyring),
    CLERK_SECRET_KEY: secretKey(keyring),
    CLERK_MACHINE_ID: localGateway,
    CLERK_MACHINE_SECRET_KEY: machineSecretKey(keyring),
    CLERK_API_URL: `http://${clerkHost(keyring)}`,
    AUTHORIZED_PARTIES: [...new Set([usualParty, `http://localhost:${port}`])].join(','),
    LOCAL_CLERK_HOST: clerkHost(keyring),
    LOCAL_CLERK_KEY: JSON.stringify(keyring.issuerKey),
  }
}

/** The same as a file of variables. None of the values has a single quote or a line break in it. */
export function formatVariables(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('')
}
