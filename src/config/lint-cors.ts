import type { Route } from '../model/route.ts'
import { isSafe } from '../model/safe-methods.ts'
import type { Problem } from './problem.ts'

/**
 * What pages of other origins may seem to be granted, and are not: a cookie authorises none of their requests
 * that change something, or any site could make a browser send them.
 */
export function lintCors(
  { cors, carriers }: Pick<Route, 'cors' | 'carriers'>,
  place: string,
): readonly Problem[] {
  if (!cors?.credentials || !carriers.includes('cookie')) return []
  const refused = cors.methods.filter((method) => !isSafe(method))
  if (refused.length === 0) return []
  const message =
    `Lets other origins send cookies, which authorise no ${refused.join(', ')} of theirs: that is ` +
    'cross-site-request. Their pages need a bearer token there.'
  return [{ place: `${place}.credentials`, message }]
}
