import { addMember } from '../../src/local/clerk/acts/memberships.ts'
import { createOrganization } from '../../src/local/clerk/acts/organizations.ts'
import { createUser, verifiedByAdmin } from '../../src/local/clerk/acts/people.ts'
import type { Organization } from '../../src/local/clerk/kernel/records.ts'
import type { ClerkBrowser } from './clerk-browser.ts'
import { signedInBrowser } from './signed-in-browser.ts'
import type { TestStandIn } from './stand-in.ts'

/** Somebody with a verified address, who is signed in in a browser. */
export interface Person {
  readonly id: string
  readonly email: string
  readonly browser: ClerkBrowser
}

/** An organisation with an administrator and a plain member, and somebody who is neither. */
export interface Team {
  readonly admin: Person
  readonly member: Person
  readonly stranger: Person
  readonly organization: Organization
  /** Where the Frontend API has it. */
  readonly path: string
}

/** Makes people and organisations of a stand-in, each new. */
export interface TeamMaker {
  somebody(domain?: string): Promise<Person>
  team(): Promise<Team>
  /** The ticket in the last link that was sent to an address. */
  ticketOf(address: string): string
}

/** Opens a maker of people and organisations on a stand-in. */
export function openTeamMaker(kit: TestStandIn): TeamMaker {
  const { world } = kit.standIn
  let counter = 0

  async function somebody(domain = 'example.com'): Promise<Person> {
    counter += 1
    const email = `person${counter}@${domain}`
    const { id } = createUser(world, {
      firstName: 'Person',
      lastName: String(counter),
      emailAddresses: [{ emailAddress: email, verification: verifiedByAdmin }],
    })
    return { id, email, browser: await signedInBrowser(kit, id) }
  }

  return {
    somebody,
    async team() {
      const [admin, member, stranger] = [await somebody(), await somebody(), await somebody()]
      const name = `Team ${counter}`
      const organization = createOrganization(world, { name, createdBy: admin.id })
      addMember(world, { organization, userId: member.id, role: 'org:member' })
      const path = `/v1/organizations/${organization.id}`
      return { admin, member, stranger, organization, path }
    },
    ticketOf(address) {
      const { searchParams } = new URL(kit.lastMessage(address).link ?? '')
      return searchParams.get('__clerk_ticket') ?? ''
    },
  }
}

/** The types of the webhooks that `work` made. */
export async function eventsOf(
  { standIn }: TestStandIn,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  const { deliveries } = standIn.world.state
  const before = deliveries.size
  await work()
  const made = deliveries.all().slice(before)
  return made.map(({ type }) => type)
}
