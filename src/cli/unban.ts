/** `npm run unban`: lets someone in again, at Clerk and here. */
import { mirrorAnswers } from '../events/clerk-answer.ts'
import { findUser, setStatus } from '../store/people.ts'
import { tellClerk, tellingOf } from './clerk-ban.ts'
import { localFolder, noteBan } from './local-state.ts'
import { describePlace, runPeopleCommand } from './people-command.ts'

await runPeopleCommand({
  usage: 'npm run unban -- <user id> [--remote]',
  takes: { user: true },
  async act(database, errand) {
    const { userId, isRemote } = errand
    const place = describePlace(errand)
    const isBanned = (await findUser(database, userId))?.status === 'banned'
    // Clerk first: until it has agreed, Usher goes on refusing.
    const told = await tellClerk('unban', errand)
    if (!told.ok) return { text: `${userId} was not readmitted. ${told.error}`, isDone: false }
    const from = told.value ? 'clerk' : 'usher'
    if (isBanned) await setStatus(database, { ...errand, status: 'active', from })
    if (told.value) await mirrorAnswers(database, [told.value], tellingOf(errand))
    if (!isRemote) noteBan(localFolder(), userId, false)
    const done = `${userId} ${isBanned ? 'is no longer banned' : 'was not banned'}, ${place}`
    return { text: `${done}${told.value ? ' and at Clerk' : ''}.`, isDone: true }
  },
})
