/** The first cookie of this name. */
export function cookieOf(request: Request, name: string): string | undefined {
  const crumbs = (request.headers.get('cookie') ?? '').split(';').map((crumb) => crumb.trim())
  return crumbs.find((crumb) => crumb.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** How a cookie is set. All are sent to the whole of the application, and with navigations from elsewhere. */
export interface CookieTraits {
  readonly isSecure: boolean
  /** Hidden from scripts when given. */
  readonly isHttpOnly?: boolean
  /** 0 takes it away. */
  readonly maxAgeSeconds: number
}

/** A `Set-Cookie` line. */
export function cookie(name: string, value: string, traits: CookieTraits): string {
  const { isSecure, isHttpOnly = false, maxAgeSeconds } = traits
  return [
    `${name}=${value}`,
    'Path=/',
    `Max-Age=${maxAgeSeconds}`,
    ...(isSecure ? ['Secure'] : []),
    ...(isHttpOnly ? ['HttpOnly'] : []),
    'SameSite=Lax',
  ].join('; ')
}
