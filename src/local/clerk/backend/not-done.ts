import { Complaint } from '../kernel/complaint.ts'
import type { Field } from '../kernel/fields.ts'

/** A member that Clerk knows and the stand-in does nothing with: whoever sends it is told so. */
export const notDone: Field<undefined> = (value, name) => {
  const asksForNothing =
    value === null || value === false || value === '' || (Array.isArray(value) && !value.length)
  if (asksForNothing) return undefined
  throw notDoneHere(`the parameter ${name}`)
}

/** What Clerk does and the stand-in does not: 501, never a yes. */
export function notDoneHere(what: string): Complaint {
  return new Complaint(501, 'not_implemented', { message: `The stand-in does not do ${what}.` })
}
