import { banUser, lockUser, unbanUser, unlockUser } from '../acts/people.ts'
import { Complaint } from '../kernel/complaint.ts'
import { list, needed, text } from '../kernel/fields.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { type BackendOperation, backend } from './api.ts'
import { userNamed } from './users.ts'
import { userView } from './views/user.ts'

const userIds = list(text())

type Change = (world: World, user: User) => User

/** Who may sign in, as the owner of the secret key says. */
export const userStandingOperations = [
  ofOne('BanUser', 'ban', banUser),
  ofOne('UnbanUser', 'unban', unbanUser),
  ofOne('LockUser', 'lock', lockUser),
  ofOne('UnlockUser', 'unlock', unlockUser),
  ofMany('UsersBan', 'ban', banUser),
  ofMany('UsersUnban', 'unban', unbanUser),
]

function ofOne(id: string, word: string, change: Change): BackendOperation {
  return backend({
    id,
    method: 'POST',
    path: `/users/{user_id}/${word}`,
    handle: ({ world, path }) => userView(world, change(world, userNamed(world, path.user_id))),
  })
}

function ofMany(id: string, word: string, change: Change): BackendOperation {
  return backend({
    id,
    method: 'POST',
    path: `/users/${word}`,
    takes: { user_ids: userIds },
    handle({ world, input }) {
      const ids = needed(input.user_ids, 'user_ids')
      if (ids.length < 1 || ids.length > 50) {
        throw new Complaint(400, 'bulk_size_exceeded', {
          message: 'user_ids must hold from 1 to 50 ids.',
          paramName: 'user_ids',
        })
      }
      // All of them are known before anything happens to one.
      const users = ids.map((userId) => userNamed(world, userId))
      return users.map((user) => userView(world, change(world, user)))
    },
  })
}
