/**
 * A function that is made when it is first called, by code that is not evaluated before. Calls that wait for
 * that at the same time all use the one that was made first.
 */
export function lazily<Arguments extends readonly unknown[], Answer>(
  make: () => Promise<(...given: Arguments) => Promise<Answer>>,
): (...given: Arguments) => Promise<Answer> {
  let made: ((...given: Arguments) => Promise<Answer>) | undefined
  return async (...given) => {
    if (made === undefined) {
      const fresh = await make()
      made ??= fresh
    }
    return made(...given)
  }
}
