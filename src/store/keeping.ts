const dayMs = 24 * 60 * 60_000

/** How long what is over is kept: events, deliveries, applied webhooks, walks, and what Clerk told of sessions. */
export const keptMs = 30 * dayMs
/** How long webhooks are kept that were given up: until then somebody can have them applied again. */
export const deadKeptMs = 90 * dayMs
/**
 * How long it is kept that a session has ended, and a session that nobody has told of since. Its end is held against
 * tokens and against messages that come late, and both are long over: session tokens live for a minute, and
 * webhooks are not kept for so long.
 */
export const sessionsKeptMs = 400 * dayMs
