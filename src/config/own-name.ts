import { err, ok, type Result } from '../model/result.ts'

/** Reads the name that an author gives to something: `what` is what, such as "an origin". */
export function parseOwnName(name: string, what: string): Result<string, string> {
  if (/^[A-Za-z][\w-]{0,63}$/.test(name)) return ok(name)
  return err(`The name of ${what} is a letter, then letters, digits, "-" or "_", at most 64.`)
}
