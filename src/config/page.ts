import { err, ok, type Result } from '../model/result.ts'
import { parseOrigin } from './address.ts'
import type { Relaxations } from './relaxations.ts'

/**
 * Reads the origin of a page as a browser writes it: it is compared letter by letter. Plain http is for pages
 * on a developer's own machine.
 */
export function parsePage(source: string, relaxations: Relaxations): Result<string, string> {
  if (/^[a-z]+-extension:\/\/[\w.@{}-]+$/.test(source)) return ok(source)
  const isLocal = /^http:\/\/(?:localhost|127\.0\.0\.1)(:\d+)?$/.test(source)
  const origin = parseOrigin(source, { ...relaxations, ...(isLocal && { plainAddresses: true }) })
  if (origin.ok && origin.value === source) return origin
  return err(
    'Must be the exact origin of a page, such as https://app.example.com: no path, last slash or wildcard, and never null.',
  )
}
