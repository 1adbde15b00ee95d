/** Where Clerk's Frontend API is on the gateway's own domain; no origin ever is. */
export const clerkProxyPath = '/__clerk'

/** The one host where it is. */
export interface ClerkProxy {
  /** Scheme and host under which browsers see it. */
  readonly origin: string
  /** Lower case, with a port where it is not the default. */
  readonly host: string
}
