import { foldHeaderName, isStripped } from '../model/headers.ts'
import type { OriginSecret } from '../model/origin.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type OriginContext, present } from './endpoints.ts'
import { built, object, parsed, type Shape } from './shape.ts'

/** A header by which an API knows that a request came through Usher. */
export interface OriginSecretConfig {
  /** Its name. Whatever a client sends under it, in any spelling, does not reach the origin. */
  readonly header: string
  /** Its value, read from a variable: `env.ORIGIN_SECRET`. */
  readonly value: string | undefined
}

/** The shape of `secret`. No problem quotes it. */
export function secretShape({ missingVariables }: OriginContext): Shape<OriginSecret> {
  const wanted = 'give the secret that the origin expects.'
  return built(
    object({
      header: parsed(parseName),
      value: present(parsed(parseValue), wanted, missingVariables),
    }),
    ({ header, value }) => ({ name: header, value }),
  )
}

/** What means something else to an origin, or to the platform, than who is calling. */
const meaningful =
  /^(?:accept|access-control|age|cache-control|content|cookie|date|host|if|origin|pragma|range|referer|sec|set-cookie|traceparent|tracestate|user-agent|vary|via)(?:-|$)/

function parseName(name: string): Result<string, string> {
  const isToken = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name)
  const folded = foldHeaderName(name)
  if (!isToken || folded === '')
    return err('Must be the name of a header, such as "X-Gateway-Secret".')
  if (!isStripped(name) && !meaningful.test(folded)) return ok(name)
  return err('Means something else already: choose a name of your own, such as "X-Gateway-Secret".')
}

function parseValue(value: string): Result<string, string> {
  if (/^[!-~](?:[ -~]{0,4094}[!-~])?$/.test(value)) return ok(value)
  return err('Must be printable ASCII without blanks at its ends, at most 4,096 characters.')
}
