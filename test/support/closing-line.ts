import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** How many tests ended how. A file that could not be read counts as one failure. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Counts the tests of a run and whatever failed outside of them. */
export function tally(modules: readonly TestModule[], errors: readonly SerializedError[]): Tally {
  let [passed, skipped, failed] = [0, 0, errors.length]
  for (const module of modules) {
    failed += module.errors().length
    for (const suite of module.children.allSuites()) failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failed += 1
      else skipped += 1
    }
  }
  return { passed, failed, skipped }
}

/** `N passed, N failed`, and how many were skipped when any was. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** Whether a run with this tally must fail: a proof that was left out is no proof. */
export function mustFail({ passed, failed, skipped }: Tally, strict: boolean): boolean {
  return failed > 0 || passed === 0 || (strict && skipped > 0)
}

/** Ends every run on one line that people and machines can read, alone and last. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const counted = tally(modules, errors)
    if (mustFail(counted, process.env.CI === 'true')) process.exitCode = 1
    process.on('exit', () => process.stdout.write(`${closingLine(counted)}\n`))
  }
}
