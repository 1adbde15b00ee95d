import type { Reverification, ReverificationLevel } from '../model/condition.ts'

/** What Clerk's names stand for (`@clerk/shared`, authorization.ts). */
const named: Readonly<Record<Extract<Reverification, string>, ReverificationLevel>> = {
  strict_mfa: { level: 'multi_factor', afterMinutes: 10 },
  strict: { level: 'second_factor', afterMinutes: 10 },
  moderate: { level: 'second_factor', afterMinutes: 60 },
  lax: { level: 'second_factor', afterMinutes: 1440 },
}

/**
 * Whether the factors were verified lately enough, by their ages in minutes, -1 for one that is not
 * enrolled. As Clerk does, the first stands in for a second that is not enrolled.
 */
export function isVerified(
  asked: Reverification,
  [first, second]: readonly [number, number],
): boolean {
  const { level, afterMinutes } = typeof asked === 'string' ? named[asked] : asked
  const isFresh = (age: number) => age !== -1 && age < afterMinutes
  switch (level) {
    case 'first_factor':
      return isFresh(first)
    case 'second_factor':
      return isFresh(second === -1 ? first : second)
    case 'multi_factor':
      return isFresh(first) && (second === -1 || isFresh(second))
  }
}
