const methodShape = /^[A-Z]{1,32}$/

/** Whether a text can be the method of a request that somebody describes. */
export function isMethod(text: string): boolean {
  return methodShape.test(text)
}
