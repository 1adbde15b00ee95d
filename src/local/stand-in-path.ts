/** Where the local stand-in for Clerk is on the gateway's own port: no origin and no surface is below it. */
export const standInPath = '/__stand-in'
