/** How both of Clerk's middlewares are set up: with the key at hand, which is the quickest they can be. */
export function clerkOptions(env: object) {
  const variables = env as Record<string, string | undefined>
  return {
    publishableKey: variables.CLERK_PUBLISHABLE_KEY ?? '',
    secretKey: variables.CLERK_SECRET_KEY ?? '',
    jwtKey: variables.CLERK_JWT_KEY ?? '',
    authorizedParties: [variables.AUTHORIZED_PARTIES ?? ''],
  }
}
