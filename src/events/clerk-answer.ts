import { type ClerkEvent, changesOf } from '../clerk/webhook-changes.ts'
import type { Database } from '../store/database.ts'
import { applyMessage, type Telling } from '../store/mirror.ts'

/**
 * Mirrors what Clerk answered to something that was done there: it is what its webhooks will tell, and sooner, so
 * that they find it done and tell nobody again. Whose facts have changed by it.
 */
export async function mirrorAnswers(
  database: Database,
  answers: readonly ClerkEvent[],
  telling: Telling,
): Promise<readonly string[]> {
  const outcomes = await applyMessage(database, answers.flatMap(changesOf), telling)
  return outcomes.flatMap(({ userIds }) => userIds)
}
