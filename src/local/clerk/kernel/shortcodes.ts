/** A claim that is a shortcode and nothing else keeps the kind of its value. */
const whole = /^\{\{\s*([\w.]+)\s*\}\}$/

/** Shortcodes within a longer text. */
const each = /\{\{\s*([\w.]+)\s*\}\}/g

/** The claims of a JWT template, with what its shortcodes (`{{user.id}}`) stand for filled in; `null` for the unknown. */
export function fillClaims(
  claims: Readonly<Record<string, unknown>>,
  values: object,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, claim]) => [name, fill(claim, values)]),
  )
}

function fill(claim: unknown, values: object): unknown {
  if (typeof claim === 'string') return fillText(claim, values)
  if (Array.isArray(claim)) return claim.map((item) => fill(item, values))
  return isObject(claim) ? fillClaims(claim, values) : claim
}

function fillText(text: string, values: object): unknown {
  const path = whole.exec(text)?.[1]
  if (path !== undefined) return valueAt(values, path) ?? null
  return text.replaceAll(each, (_match, inner: string) => String(valueAt(values, inner) ?? ''))
}

function valueAt(values: object, path: string): unknown {
  let value: unknown = values
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
