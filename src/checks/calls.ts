// What another Worker of the same account may ask Usher by a service binding to its entry point `Checks`. This
// file imports nothing, so that such a Worker can keep a copy of it.

/**
 * The binding as such a Worker sees it. `props` in its `wrangler.toml` say which caller of Usher's config it is:
 *
 *     [[services]]
 *     binding = "USHER"
 *     service = "usher"
 *     entrypoint = "Checks"
 *     props = { caller = "shop" }
 */
export interface UsherChecks {
  /**
   * What would become of a request that came to the calling Worker, were it sent to its address through Usher. Its
   * body is not looked at: the platform would take it from the caller, so hand over
   * `new Request(request, { body: null })`.
   */
  authenticate(request: ComingRequest): Promise<Authentication>
  /**
   * What would become of a request that is not there: the same as `POST /_usher/decisions`. Of up to 100 the answers
   * come in their order. With more, or one that cannot be read, all are refused with `body-invalid`: of more, 100.
   */
  decide(question: Inquiry, options?: DecideOptions): Promise<Decided>
  decide(questions: readonly Inquiry[], options?: DecideOptions): Promise<Decided[]>
}

/** A request that is asked about: of nobody, of whoever has the token, or of a user without any. */
export interface Inquiry {
  readonly method: string
  readonly url: string
  /** As if it were sent as `Authorization: Bearer`. */
  readonly token?: string
  /** `user_…`: the calling Worker vouches for them. */
  readonly subject?: string
}

/** How decisions are answered. */
export interface DecideOptions {
  /** Gives every route that could take the request, and what each condition of it came to. */
  readonly explain?: boolean
}

/** What would become of a request. */
export interface Decided {
  readonly allowed: boolean
  /** Those of the refusal that the request would get; 200 without a code where it may pass. */
  readonly status: number
  readonly code: string | null
  readonly route: string | null
  readonly principal: {
    kind: 'user' | 'machine'
    id: string
    organization_id: string | null
  } | null
  /** With `explain`, as `POST /_usher/decisions` has it. */
  readonly candidates?: readonly unknown[]
}

/** What is looked at of a request; a `Request` is one. */
export interface ComingRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
}

/** Whether a request may pass. */
export type Authentication = Admittance | Rejection

/** It may. */
export interface Admittance {
  readonly allowed: true
  /** The route of Usher's config that it takes. */
  readonly route: string
  readonly principal: CallingPrincipal
  /**
   * What an origin behind Usher would be told of the caller, to be set over what the client sent under these names:
   * every one is always there, an absent value is empty.
   */
  readonly headers: [name: string, value: string][]
}

/** It may not: `new Response(rejection.body, rejection)` is what Usher itself would answer. */
export interface Rejection {
  readonly allowed: false
  readonly status: number
  /** The stable word for why: `token-expired`, `role-missing`. */
  readonly code: string
  /** The same as a sentence. */
  readonly message: string
  /** `www-authenticate`, `retry-after`, `location`, and whatever else the answer says. */
  readonly headers: [name: string, value: string][]
  readonly body: string | null
}

/** Who is asking. */
export type CallingPrincipal = CallingAnonymous | CallingUser | CallingMachine

/** Nobody in particular, on a route that lets them in. */
export interface CallingAnonymous {
  readonly kind: 'anonymous'
}

/** What every credential says. */
interface CallingCredential {
  /** `session_token`, `jwt_template`, `oauth_token`, `m2m_token` or `api_key`. */
  readonly tokenType: string
  readonly scopes: string[]
  /** The active organisation, with Clerk's own role and permissions there. */
  readonly organization: CallingOrganization | null
}

/** A person. */
export interface CallingUser extends CallingCredential {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string | null
  /** Who is really acting, when the session is impersonated. */
  readonly actor: string | null
  /** What Usher granted them; `null` where the route did not ask for it. */
  readonly roles: string[] | null
  readonly permissions: string[] | null
}

/** A machine, or an organisation by a key of its own. */
export interface CallingMachine extends CallingCredential {
  readonly kind: 'machine'
  readonly subject: string
}

/** The organisation that is active in a session. */
export interface CallingOrganization {
  readonly id: string
  readonly slug: string | null
  readonly role: string | null
  readonly permissions: string[]
}
