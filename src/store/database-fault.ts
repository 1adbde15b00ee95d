import { DrizzleQueryError } from 'drizzle-orm/errors'

/** Whether it is the database that failed, and not whoever asked it. */
export function isDatabaseFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof DrizzleQueryError || error instanceof BusyError) return true
  return error.message.startsWith('D1_') || isDatabaseFault(error.cause)
}

/** Others have changed the same thing again and again. */
export class BusyError extends Error {}
