import { err, ok } from '../model/result.ts'
import { parsed, type Shape } from './shape.ts'

/** The name of a binding in `wrangler.toml`; `kind` and `example` say which, to whoever wrote another text. */
export function bindingName(kind: string, example: string): Shape<string> {
  return parsed((source) =>
    /^[A-Za-z_]\w*$/.test(source)
      ? ok(source)
      : err(`Must be the name of ${kind} in wrangler.toml, such as "${example}".`),
  )
}
