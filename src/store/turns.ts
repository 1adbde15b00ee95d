/** How often something is decided again, where others change the same. */
export const turnsMax = 64
/** So many turns are taken at once: one or two others are over by then. */
const promptTurns = 3
const pauseMs = { least: 5, most: 50 }

/**
 * Waits a little before a further turn. Many who all want the one end of the audit chain would otherwise read it at
 * the same moment again and again, and one of them would get on each time.
 */
export async function awaitTurn(turn: number): Promise<void> {
  if (turn < promptTurns) return
  const delayMs = pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least)
  await new Promise((resolve) => setTimeout(resolve, delayMs))
}
