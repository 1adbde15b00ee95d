import type { Problem } from '../config/problem.ts'

/** Problems as lines: each its place, and below it what is wrong. */
export function listProblems(problems: readonly Problem[]): string {
  return problems.map(({ place, message }) => `  ${place}\n    ${message}`).join('\n')
}

/** `1 problem`, `2 problems`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
