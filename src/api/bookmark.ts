import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Room } from './room.ts'

/** Says how far in the database a caller has seen, so that a copy that is further behind is not asked. */
export const bookmarkHeader = 'X-Usher-Bookmark'

/** Every copy has long caught up by then. */
const keptSeconds = 600 // 10 minutes

/** As D1 writes them: groups of hexadecimal digits. Whatever else is sent was not given out. */
const bookmarkShape = /^[0-9a-f]{1,32}(?:-[0-9a-f]{1,64}){1,5}$/
const charactersMax = 256

/** The bookmark that a request brings: the header's or, where there is none, the cookie's. */
export function readBookmark(c: Context<Room>): string | undefined {
  const brought = c.req.header(bookmarkHeader) ?? getCookie(c, cookieNameFor(c))
  const isOne = brought !== undefined && brought.length <= charactersMax
  return isOne && bookmarkShape.test(brought) ? brought : undefined
}

/** Lets a browser bring the bookmark of a change along by itself. */
export function keepBookmark(c: Context<Room>, bookmark: string): void {
  setCookie(c, cookieNameFor(c), bookmark, {
    ...{ path: '/', maxAge: keptSeconds, httpOnly: true, sameSite: 'Strict' },
    secure: isSecure(c),
  })
}

/** The prefix keeps out a cookie that a sibling domain has planted; browsers take it over HTTPS alone. */
function cookieNameFor(c: Context<Room>): string {
  return isSecure(c) ? '__Host-usher-bookmark' : '__usher_bookmark'
}

function isSecure(c: Context<Room>): boolean {
  return c.env.call.request.url.startsWith('https:')
}
