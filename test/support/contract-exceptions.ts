/** Where the stand-in, or who calls it, is not what Clerk's description says, on purpose. */
export interface Exception {
  /** The operation id; for webhooks the type of the event. */
  readonly operation: string
  readonly status: number
  /** `answer` or `request`, and where in it; `*` is any item of a list. */
  readonly pointer: string
  readonly reason: string
}

/** Members of requests that no description names, though Clerk's own programs send them. */
function sentByClerk(operation: string, status: number, places: readonly string[]) {
  const reason = 'Not described, and sent by clerk-js 6.34.1 or @clerk/backend 3.20.1 all the same.'
  return places.map((place) => ({ operation, status, pointer: `request/${place}`, reason }))
}

/** All of them. Whoever adds one says why; one that never occurs fails a test. */
export const exceptions: readonly Exception[] = [
  ...sentByClerk('createSessionToken', 200, ['body/tab_state', 'body/token', 'body/force_origin']),
  ...sentByClerk('handshakeClient', 307, [
    'query/suffixed_cookies',
    'query/__clerk_hs_reason',
    'query/__session',
  ]),
  ...sentByClerk('createSignIn', 200, [
    'body/locale',
    'body/captcha_token',
    'body/captcha_error',
    'body/captcha_widget_type',
  ]),
  ...sentByClerk('createSignUps', 200, ['body/locale']),
  ...sentByClerk('updateSignUps', 200, [
    'body/locale',
    'body/captcha_token',
    'body/captcha_error',
    'body/captcha_widget_type',
  ]),
  // A list, where the description has one word.
  ...sentByClerk('getOrganizationSuggestions', 200, ['query/status']),
  ...sentByClerk('GetUsersCount', 200, ['query/starting_after']),
  ...['session.created', 'session.ended', 'session.removed', 'session.revoked'].map(
    (operation) => ({
      operation,
      status: 0,
      pointer: 'event/data/user',
      reason:
        'The description forbids what it adds itself; the SDK has it (SessionWebhookEventJSON).',
    }),
  ),
  ...['organizationInvitation.created', 'organizationInvitation.revoked'].map((operation) => ({
    operation,
    status: 0,
    pointer: 'event/data/public_organization_data',
    reason: 'The description has it one `data` too deep; the SDK has it here.',
  })),
  {
    operation: 'organizationInvitation.accepted',
    status: 0,
    pointer: 'event/data/user_id',
    reason: 'One half of the description demands it and the other forbids it; the SDK has it.',
  },
  {
    operation: 'organizationInvitation.accepted',
    status: 0,
    pointer: 'event/data/data',
    reason: 'The description wants a second `data` in the first, and forbids it; nobody has it.',
  },
  ...['CreateSessionToken', 'CreateSessionTokenFromTemplate'].map((operation) => ({
    operation,
    status: 422,
    pointer: 'answer',
    reason: 'A lifetime out of bounds is refused, and no answer to it is described.',
  })),
  ...['DeleteOrganizationMembership', 'UpdateOrganizationMembership'].map((operation) => ({
    operation,
    status: 400,
    pointer: 'answer',
    reason:
      "Clerk's page of errors has it for the last administrator; the description names no 400.",
  })),
  ...[
    'GetClientList',
    'GetSessionList',
    'ListInvitations',
    'ListJWTTemplates',
    'ListRedirectURLs',
  ].map((operation) => ({
    operation,
    status: 200,
    pointer: 'answer',
    reason:
      'With `paginated` the SDK reads a page and the number of all; only the bare list is described.',
  })),
]
