/** The longest pause, without its jitter. */
const longestSeconds = 3600

/**
 * How long to wait after so many attempts, the first being 1: 1, 2, 4 … seconds up to an hour, and up to a quarter
 * more by chance, so that what failed together does not come again together.
 */
export function backoffSeconds(attempts: number, random: () => number = Math.random): number {
  const pauseSeconds = Math.min(longestSeconds, 2 ** Math.min(Math.max(attempts, 1) - 1, 12))
  return Math.ceil(pauseSeconds * (1 + random() / 4))
}
