import { err, ok, type Result } from '../model/result.ts'

const lengthMin = 32
const lengthMax = 256

/** Reads a secret by which a caller is known. The error is a sentence and echoes nothing of it. */
export function parseCallerSecret(source: string): Result<string, string> {
  // A header that is there twice reaches Usher as one value with a comma in it.
  const isPlain = /^[!-+\--~]+$/.test(source)
  if (isPlain && source.length >= lengthMin && source.length <= lengthMax) return ok(source)
  return err(
    `Must be ${lengthMin} to ${lengthMax} printable characters without blanks or commas: ` +
      'openssl rand -hex 32 makes one.',
  )
}
