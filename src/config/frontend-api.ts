import { err, ok, type Result } from '../model/result.ts'
import { isPrivateHost, parseUpstreamAddress } from './address.ts'
import type { Relaxations } from './relaxations.ts'

/** A publishable key and what it says. */
export interface PublishableKey {
  readonly text: string
  readonly mode: 'test' | 'live'
  /** The host of the instance's Frontend API. */
  readonly host: string
}

/**
 * Reads Clerk's publishable key: `pk_test_` or `pk_live_` and the base64 of `<frontend-api-host>$`
 * (`packages/shared/src/keys.ts` of clerk/javascript). Stricter than Clerk: exactly three parts,
 * one `$` at the end, a real host; and that of a stand-in only where stand-in keys are accepted.
 */
export function parsePublishableKey(
  source: string,
  relaxations: Relaxations,
): Result<PublishableKey, string> {
  const [, mode, encoded] = /^pk_(test|live)_([A-Za-z0-9+/]+={0,2})$/.exec(source) ?? []
  const host = encoded === undefined ? undefined : hostIn(encoded)
  if (host === undefined || (mode !== 'test' && mode !== 'live')) {
    return err('Must be a publishable key from the Clerk dashboard: pk_test_… or pk_live_….')
  }
  if (isPrivateHost(new URL(`https://${host}`).hostname) && !relaxations.standInKeys) {
    return err('Is the key of a local stand-in: give the one of your Clerk instance.')
  }
  return ok({ text: source, mode, host })
}

/** Reads the Frontend API as a host or an https address and gives the host. */
export function parseFrontendApi(source: string, relaxations: Relaxations): Result<string, string> {
  const address = source.includes('://') ? source : `https://${source}`
  const url = parseUpstreamAddress(address, relaxations)
  if (!url.ok) return url
  if (url.value.pathname !== '/') return err('Must be a host, such as clerk.example.com.')
  return ok(url.value.host)
}

function hostIn(encoded: string): string | undefined {
  try {
    const [, host] = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)\$$/.exec(atob(encoded)) ?? []
    return host !== undefined && URL.canParse(`https://${host}`) ? host : undefined
  } catch {
    return undefined
  }
}
