import type { HeaderReader } from './asking.ts'

/**
 * Whether a browser asks for a page to show. `Sec-Fetch-Mode` says so where it is sent
 * (https://www.w3.org/TR/fetch-metadata/); otherwise whoever accepts HTML counts as a browser.
 */
export function isNavigation(headers: HeaderReader): boolean {
  const mode = headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return headers.get('accept')?.toLowerCase().includes('text/html') ?? false
}
