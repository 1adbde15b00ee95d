/** `npm run audit:verify`: walks the audit chain and says whether it holds. */
import { verifyAudit } from '../store/audit.ts'
import { describePlace, runPeopleCommand } from './people-command.ts'
import { count } from './problem-list.ts'

await runPeopleCommand({
  usage: 'npm run audit:verify [-- --remote]',
  takes: {},
  async act(database, errand) {
    const { rows, brokenAt } = await verifyAudit(database)
    const [place, sound] = [describePlace(errand), count(rows, 'row')]
    if (brokenAt === undefined) {
      return { text: `The audit chain ${place} holds: ${sound}.`, isDone: true }
    }
    const text = `The audit chain ${place} is broken at row ${brokenAt}, behind ${sound} that hold.`
    return { text, isDone: false }
  },
})
