/** `npm run revoke`: takes a role from someone, everywhere or in one organisation. */
import { type RevokeOutcome, revokeRole } from '../store/grants.ts'
import { describePlace, type Errand, runPeopleCommand } from './people-command.ts'

const sentences: Readonly<Record<RevokeOutcome, (errand: Errand) => string>> = {
  revoked: (errand) =>
    `${errand.userId} no longer has the role ${errand.role}, ${describePlace(errand)}.`,
  'not-granted': (errand) =>
    `${errand.userId} does not have the role ${errand.role} ${describePlace(errand)}.`,
  'last-administrator': ({ userId }) =>
    `${userId} is the last administrator: make another one first.`,
}

await runPeopleCommand({
  usage: 'npm run revoke -- <user id> <role> [--org <id>] [--remote]',
  takes: { user: true, role: true, organization: true },
  async act(database, errand) {
    const outcome = await revokeRole(database, errand)
    return { text: sentences[outcome](errand), isDone: outcome === 'revoked' }
  },
})
