import { type ClerkClient, createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { createUser, verifiedByAdmin } from '../../src/local/clerk/acts/people.ts'
import type { User } from '../../src/local/clerk/kernel/records.ts'
import { listen } from './listen.ts'
import { createTestStandIn, type TestStandIn } from './stand-in.ts'

/** A stand-in on a port, and Clerk's own SDK as its client. */
export interface SdkKit {
  readonly kit: TestStandIn
  readonly clerk: ClerkClient
  /** An address that nobody has. */
  fresh(domain?: string): string
  /** A new user with a verified address. */
  somebody(email?: string): User
  /** A new organisation with an administrator. */
  team(name?: string): Promise<{ readonly organizationId: string; readonly adminId: string }>
  close(): Promise<void>
}

/** Opens a stand-in on a port with the SDK as its client. */
export async function openSdkKit(): Promise<SdkKit> {
  const kit = await createTestStandIn()
  const server = await listen(kit.fetch)
  const apiUrl = `${server.origin}/backend`
  const clerk = createClerkClient({ apiUrl, secretKey: kit.settings.secretKey })
  let counter = 0

  function fresh(domain = 'example.com'): string {
    counter += 1
    return `guest${counter}@${domain}`
  }

  function somebody(email = fresh()): User {
    return createUser(kit.standIn.world, {
      firstName: 'Guest',
      lastName: String(counter),
      emailAddresses: [{ emailAddress: email, verification: verifiedByAdmin }],
    })
  }

  return {
    kit,
    clerk,
    fresh,
    somebody,
    async team(name = 'Team') {
      const { id: adminId } = somebody()
      const { organizations } = clerk
      const { id } = await organizations.createOrganization({ name, createdBy: adminId })
      return { organizationId: id, adminId }
    },
    close: () => server.close(),
  }
}

/** The status and the code with which a call of the SDK is refused. */
export async function refusal(call: Promise<unknown>): Promise<[number, string | undefined]> {
  try {
    await call
  } catch (error) {
    if (isClerkAPIResponseError(error)) return [error.status, error.errors[0]?.code]
    throw error
  }
  throw new Error('Nothing was refused')
}
