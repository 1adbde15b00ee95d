/** `npm run ban`: refuses someone from now on, here and at Clerk. */
import { mirrorAnswers } from '../events/clerk-answer.ts'
import { findUser, setStatus } from '../store/people.ts'
import { tellClerk, tellingOf } from './clerk-ban.ts'
import { localFolder, noteBan } from './local-state.ts'
import { describePlace, runPeopleCommand } from './people-command.ts'

await runPeopleCommand({
  usage: 'npm run ban -- <user id> [--remote]',
  takes: { user: true },
  async act(database, errand) {
    const { userId, isRemote } = errand
    const place = describePlace(errand)
    if ((await findUser(database, userId))?.status === 'deleted') {
      return { text: `${userId} is deleted ${place}: there is nobody to ban.`, isDone: false }
    }
    // Usher first: it alone knows who the last administrator is, and it refuses whatever Clerk says.
    const outcome = await setStatus(database, { ...errand, status: 'banned' })
    if (outcome === 'last-administrator') {
      const text = `${userId} is the last administrator: make another one first.`
      return { text, isDone: false }
    }
    if (!isRemote) noteBan(localFolder(), userId, true)
    const done = `${userId} ${outcome === 'changed' ? 'is banned now' : 'was banned already'}, ${place}`
    const told = await tellClerk('ban', errand)
    if (!told.ok) return { text: `${done}, but not at Clerk. ${told.error}`, isDone: false }
    // Until Clerk has said the same the ban is Usher's alone, and no word of Clerk's from before lifts it.
    if (told.value) await mirrorAnswers(database, [told.value], tellingOf(errand))
    return { text: `${done}${told.value ? ' and at Clerk' : ''}.`, isDone: true }
  },
})
