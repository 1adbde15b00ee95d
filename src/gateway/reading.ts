/** Where a path parameter begins, to those who look before they decode: nowhere, or at one of these. */
const parameterStarts = [undefined, ';', /;|%3B/]

/**
 * The ways in which origins might read a canonical path that holds separators: path parameters kept or
 * dropped before it is decoded, then slashes of both kinds separating or not, path parameters kept or
 * dropped, all after a `?` or a `#` kept or cut off. Decoding once is enough, because a canonical path
 * never holds an escape of an escape.
 */
export function lenientReadings(
  path: string,
  decode: (text: string) => string = decodeURIComponent,
): readonly (readonly string[])[] {
  const written = path.split('/')
  return parameterStarts.flatMap((start) => {
    const names = written.map((name) => decode(start === undefined ? name : before(name, start)))
    const whole = names.join('/')
    const split = [whole, before(whole, '?'), before(whole, '#')].flatMap((text) => {
      const found = text.split(/[/\\]/)
      return [found, found.map((name) => before(name, ';'))]
    })
    return [names, ...split].map((reading) => reading.filter((name) => name !== ''))
  })
}

function before(text: string, end: string | RegExp): string {
  return text.split(end, 1)[0] ?? ''
}
