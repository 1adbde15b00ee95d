import { withoutCookies } from './cookies.ts'

/** The names of Clerk's cookies; one of Usher's own begins otherwise. */
const clerkCookie = /^__(?:session|client|refresh|clerk)(?:_|$)/

/** Of a `Cookie` header what is Clerk's, or `undefined` when nothing is. */
export function onlyClerkCookies(header: string): string | undefined {
  return withoutCookies(header, (name) => !clerkCookie.test(name))
}

/** Whether a `Set-Cookie` line is about one of Clerk's cookies. */
export function setsClerkCookie(line: string): boolean {
  return clerkCookie.test(nameOf(line))
}

/** The `Cookie` header that a browser would send once it has taken these `Set-Cookie` lines. */
export function afterSetting(header: string, lines: readonly string[]): string {
  const names = new Set(lines.map(nameOf))
  const kept = withoutCookies(header, (name) => names.has(name))
  const last = new Map(lines.map((line) => [nameOf(line), line]))
  const set = [...last.values()].filter(isKept).map((line) => line.split(';', 1)[0]?.trim() ?? '')
  return [...(kept === undefined ? [] : [kept]), ...set].join('; ')
}

/** A line that makes a browser forget a cookie of this host. */
export function forgetting(name: string): string {
  return `${name}=; Path=/; Max-Age=0`
}

function nameOf(line: string): string {
  return line.split('=', 1)[0]?.trim() ?? ''
}

function isKept(line: string): boolean {
  const [pair = '', ...attributes] = line.split(';')
  const isOver = attributes.some((attribute) => /^\s*max-age\s*=\s*(?:0|-\d+)\s*$/i.test(attribute))
  return !isOver && pair.slice(pair.indexOf('=') + 1).trim() !== ''
}
