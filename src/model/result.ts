/**
 * The outcome of a step that can fail in ways its caller must handle.
 * Stages of the request path return one; they do not throw for bad input.
 */
export type Result<T, E> = { readonly ok: true; readonly value: T } | Failure<E>

/** The failed half of a {@link Result}. */
export type Failure<E> = { readonly ok: false; readonly error: E }

/** A success that carries `value`. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** A failure that carries `error`. */
export function err<E>(error: E): Failure<E> {
  return { ok: false, error }
}

/** Closes an exhaustive switch: a new arm of a union that nobody handles does not compile. */
export function unreachable(value: never): never {
  throw new TypeError(`Unhandled case: ${JSON.stringify(value)}`)
}
