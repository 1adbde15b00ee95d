import { createUser, verifiedByAdmin } from '../../src/local/clerk/acts/people.ts'
import type { User } from '../../src/local/clerk/kernel/records.ts'
import type { World } from '../../src/local/clerk/kernel/world.ts'

/** Makes users of a world, each with a verified address of its own. */
export function peopleOf(world: World) {
  let count = 0
  return {
    /** A new one. */
    anybody(): User {
      count += 1
      const emailAddress = `person${count}@example.com`
      return createUser(world, {
        emailAddresses: [{ emailAddress, verification: verifiedByAdmin }],
      })
    },
    /** The same one, as it is now. */
    current({ id }: User): User {
      const user = world.state.users.get(id)
      if (user !== undefined) return user
      throw new Error(`${id} is gone`)
    },
  }
}

/** The code of the complaint with which `work` ends. */
export async function complaintOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? thrown.code : thrown
  }
  return 'none'
}
