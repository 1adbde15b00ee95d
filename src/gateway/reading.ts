/**
 * The ways in which origins might read decoded segments that hold separators: slashes of both kinds
 * separating, path parameters kept or dropped, all after a `?` or `#` kept or cut off. Decoding once is
 * enough, because a canonical path never holds an escape of an escape.
 */
export function lenientReadings(segments: readonly string[]): readonly (readonly string[])[] {
  const whole = segments.join('/')
  const cut = whole.split(/[?#]/, 1)[0] ?? ''
  return [whole, cut].flatMap((path) => {
    const names = path.split(/[/\\]/)
    const bare = names.map((name) => name.split(';', 1)[0] ?? '')
    return [names, bare].map((reading) => reading.filter((name) => name !== ''))
  })
}
