/** A name with every escape in it decoded, however often it was encoded. */
export function decodeFully(text: string): string {
  let current = text
  while (current.includes('%')) {
    const next = decode(current)
    if (next === undefined || next === current) return current
    current = next
  }
  return current
}

/** Decodes the escapes of a text once; `undefined` when they are malformed or no UTF-8. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * How an origin that is too lenient might read decoded segments that hold separators: every encoding
 * undone, slashes of both kinds separating, path parameters dropped, and perhaps all after a `?` or `#`.
 */
export function lenientReadings(segments: readonly string[]): readonly (readonly string[])[] {
  const whole = segments.map(decodeFully).join('/')
  const cut = whole.split(/[?#]/, 1)[0] ?? ''
  return [whole, cut].map((path) =>
    path
      .split(/[/\\]/)
      .map((name) => name.split(';', 1)[0] ?? '')
      .filter((name) => name !== ''),
  )
}
