/** `npm run grant`: gives someone a role, everywhere or in one organisation. */
import { type GrantOutcome, grantRole } from '../store/grants.ts'
import { describePlace, type Errand, runPeopleCommand } from './people-command.ts'

const sentences: Readonly<Record<GrantOutcome, (errand: Errand) => string>> = {
  granted: (errand) =>
    `${errand.userId} has the role ${errand.role} now, ${describePlace(errand)}.`,
  'already-granted': (errand) =>
    `${errand.userId} had the role ${errand.role} already, ${describePlace(errand)}.`,
  'unknown-role': ({ role }) => `There is no role ${role}.`,
  departed: ({ userId }) => `${userId} is deleted, or the organisation is.`,
  'role-changed': ({ role }) => `The role ${role} has changed: try again.`,
}

await runPeopleCommand({
  usage: 'npm run grant -- <user id> <role> [--org <id>] [--remote]',
  takes: { user: true, role: true, organization: true },
  async act(database, errand) {
    const outcome = await grantRole(database, errand)
    return {
      text: sentences[outcome](errand),
      isDone: outcome === 'granted' || outcome === 'already-granted',
    }
  },
})
