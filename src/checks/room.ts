import { Hono } from 'hono'
import { type Room, refused } from '../api/room.ts'
import type { Checking } from './checking.ts'

/** Decisions as data: Usher's own form, and AuthZEN's. */
export function createChecks(_checking: Checking): Hono<Room> {
  const checks = new Hono<Room>()
  checks.post('/decisions', (c) => refused(c, { code: 'caller-unknown' }))
  return checks
}
