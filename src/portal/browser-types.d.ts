/** What the server writes before the script for pages of origins. */
interface UsherSettings {
  readonly prefix: string
  /** Where Clerk's Frontend API is for browsers. */
  readonly api: string
  /** What the cookies of the Clerk instance end in. */
  readonly suffix: string
  readonly signInUrl: string
  readonly hasPages: boolean
  readonly home: string
}

/** Who is here, as `/_usher/me` says it. */
interface UsherMe {
  readonly authenticated: boolean
  readonly user_id?: string
  readonly session_id?: string | null
  readonly roles?: readonly string[] | null
  readonly permissions?: readonly string[] | null
  readonly user?: Readonly<
    Record<'first_name' | 'last_name' | 'username' | 'email', string | null>
  > | null
  readonly organization?: {
    readonly id: string
    readonly slug: string | null
    readonly role: string | null
    readonly permissions: readonly string[]
  } | null
}

/** The session of a cookie, as far as its token says. */
interface UsherSession {
  readonly token: string
  readonly sid: string
  /** Another one is another user, session or organisation. */
  readonly key: string
  readonly iatMs: number
  readonly lifeMs: number
}

interface Window {
  usher?: object
  usherSettings: UsherSettings
  Clerk?: { readonly loaded?: boolean; signOut(done: () => void): Promise<void> }
  readonly cookieStore?: EventTarget
}
