import { type ClerkClient, createClerkClient } from '@clerk/backend'
import type { ClerkAccess } from './capabilities.ts'

/**
 * The client of Clerk's Backend API, as Clerk's middleware leaves it in a context: made when first used,
 * by `createClient`.
 */
export function lazyClerk(access: ClerkAccess, createClient = createClerkClient): ClerkClient {
  let client: ClerkClient | undefined
  return new Proxy({} as ClerkClient, {
    get(_target, member) {
      // What awaits or prints a value looks for these members; nobody means to use the client by that.
      if (typeof member === 'symbol' || member === 'then') return undefined
      client ??= openClient(access, createClient)
      return Reflect.get(client, member)
    },
  })
}

function openClient(
  { apiUrl, publishableKey, secretKey, machineSecretKey }: ClerkAccess,
  createClient: typeof createClerkClient,
): ClerkClient {
  if (secretKey === undefined) {
    throw new Error("Clerk's Backend API asks for a key: set CLERK_SECRET_KEY.")
  }
  return createClient({
    apiUrl,
    secretKey,
    ...(publishableKey !== undefined && { publishableKey }),
    ...(machineSecretKey !== undefined && { machineSecretKey }),
    telemetry: { disabled: true },
  })
}
