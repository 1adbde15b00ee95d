/** The methods that promise to change nothing (RFC 9110 section 9.2.1), TRACE apart. */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Whether a method promises to change nothing. */
export function isSafe(method: string): boolean {
  return safeMethods.includes(method)
}
