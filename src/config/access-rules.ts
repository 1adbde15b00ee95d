import { intersectPaths, type PathPattern } from '../model/pattern.ts'
import type { Escape } from '../model/route.ts'
import { conditionsOf, type WrittenAccess } from './access.ts'
import { suggestion } from './nearest.ts'
import { parameterNames } from './path.ts'
import type { Problem } from './problem.ts'

/** What of a route its conditions have to fit, as far as it could be read. */
export interface AccessDraft {
  readonly path: PathPattern | undefined
  readonly access: WrittenAccess | undefined
  readonly escapes: readonly Escape[] | undefined
  readonly place: string
}

/** What is wrong between the conditions of one route and its path. */
export const accessRules: readonly ((draft: AccessDraft) => readonly Problem[])[] = [
  function organizationIsInThePath({ path, access, place }) {
    if (path === undefined) return []
    const names = parameterNames(path)
    return conditionsOf(access).flatMap((condition) =>
      condition.kind === 'organization-parameter' && !names.includes(condition.parameter)
        ? [{ place: `${place}.access`, message: missingParameter(condition.parameter, names) }]
        : [],
    )
  },

  function organizationPatternsCanMatch({ path, access, place }) {
    if (path === undefined) return []
    return organizationPatterns(access)
      .filter((pattern) => intersectPaths(path, pattern) === undefined)
      .map(({ source }) => ({
        place: `${place}.access`,
        message: `No path of this route matches "${source}": correct the pattern or remove it.`,
      }))
  },

  function organizationPatternsReadPathsInOneWay({ access, escapes, place }) {
    if (organizationPatterns(access).length === 0 || !escapes || escapes.length === 0) return []
    const message =
      'An origin may read more segments than orgPatterns do: remove the escapes or the patterns.'
    return [{ place: `${place}.escapes`, message }]
  },
]

function missingParameter(parameter: string, names: readonly string[]): string {
  const hint = suggestion(parameter, names) || ' Add it, or name an organisation.'
  return `The path has no parameter ":${parameter}".${hint}`
}

function organizationPatterns(access: WrittenAccess | undefined): readonly PathPattern[] {
  return conditionsOf(access).flatMap((condition) =>
    condition.kind === 'organization-path' ? condition.patterns : [],
  )
}
