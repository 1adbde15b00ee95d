// What clients send who want to be somebody else, or somewhere else.

const identityNames = [
  'X-Usher-User-Id',
  'X-Usher-Authenticated',
  'X-Usher-Org-Id',
  'X-Usher-Request-Id',
  'X-Usher-Assertion',
  'X-Usher-Roles',
  'X-Usher-Permissions',
  'X-Usher-Email',
  'X-Usher-Session-Id',
  'X-Usher-Org-Slug',
  'X-Usher-Org-Role',
  'X-Usher-Actor',
  'X-Usher-Token-Type',
  'X-Usher-Scopes',
  'X-Usher-Subject',
  'X-Email',
]

/** The names by which an API could know who is calling, in each spelling that some framework reads as them. */
export const spellings: readonly (readonly string[])[] = [
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => name.toLowerCase(),
  (name: string) => name.replaceAll('-', '_'),
  (name: string) => name.toLowerCase().replaceAll('-', '_'),
  (name: string) => name.toLowerCase().replaceAll('-', '.'),
  (name: string) => name.replace('-', '_'),
  (name: string) => name.replace('-', '.'),
  (name: string) => name.replace(/-(?!.*-)/, '_'),
  (name: string) => name.replace(/-(?!.*-)/, '.'),
].map((spell) => identityNames.map(spell))

/**
 * Names that never reach an origin behind Usher's own proxy as a client wrote them. Left out are those of a
 * connection that a proxy has to read itself (`Transfer-Encoding`, `Upgrade`, `Expect`).
 */
export const strippedNames: readonly string[] = [
  ...['X-Usher', 'X-Usher-Loop', 'X-Usher-Hops', 'X-Usher-Caller', 'X-Usher-Refusal'],
  ...['X-Middleware-Subrequest', 'X-Middleware-Subrequest-Id'],
  ...['X-Clerk-Auth-Status', 'X-Clerk-Auth-Reason', 'X-Clerk-Auth-Message', 'X-Clerk-Auth-Token'],
  ...['X-Clerk-Auth-Signature', 'X-Clerk-Request-Data', 'X-Clerk-Clerk-Url', 'X-Clerk-Debug'],
  ...['X-Clerk-Redirect-To', 'Proxy', 'Proxy-Authorization', 'Proxy-Connection'],
  ...['Proxy-Authenticate', 'TE', 'Trailer', 'Trailers', 'Keep-Alive'],
  ...['True-Client-IP', 'CDN-Loop', 'X-Real-IP', 'Forwarded'],
  ...['CF-Connecting-IP', 'CF-Connecting-IPv6', 'CF-Connecting-O2O', 'CF-Pseudo-IPv4'],
  ...['CF-IPCountry', 'CF-Ray', 'CF-Visitor', 'CF-Worker', 'CF-EW-Via'],
  ...['CF-Access-Jwt-Assertion', 'CF-Access-Authenticated-User-Email'],
  ...['CF-Access-Client-Id', 'CF-Access-Client-Secret'],
  ...['X-Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Method'],
  ...['X-Forwarded-Proto', 'X-Forwarded-Uri', 'X-Forwarded-Prefix', 'X-Forwarded-Port'],
  ...['X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded-Access-Token'],
  ...['X-Forwarded-Preferred-Username', 'X-Forwarded-Client-Cert', 'X-Forwarded-Server'],
  ...['X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Forwarded-By', 'X-Forwarded-Path'],
  ...['X-Original-Method', 'X-Original-URL', 'X-Original-URI', 'X-Original-Host'],
  ...['X-Original-Forwarded-For', 'X-Rewrite-URL', 'X-Rewrite-URI'],
  ...['X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override'],
]

/** Headers of every family that describes a request, all of which say that it is for `/public`. */
export const contextLines: readonly string[] = [
  'X-Original-Method: GET',
  'X-Original-URL: https://app.example.com/public/x',
  'X-Original-URI: /public/x',
  'X-Real-IP: 192.0.2.66',
  'X-Forwarded-Method: GET',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.example.com',
  'X-Forwarded-Uri: /public/x',
  'X-Forwarded-For: 192.0.2.66',
  'X-Forwarded-Prefix: /public',
  'X-Forwarded-Port: 1',
  'X-Forwarded-User: root',
  'X_Forwarded_Uri: /public/x',
  'Forwarded: for=192.0.2.66;host=evil.example.com;proto=https',
  'X-Rewrite-URL: /public/x',
  'X-HTTP-Method: GET',
  'X-HTTP-Method-Override: GET',
  'X-Method-Override: GET',
  'True-Client-IP: 192.0.2.66',
  'CF-Connecting-IP: 192.0.2.66',
  'X-Usher-Caller: change-me-it-is-at-least-32-characters-long',
]

/** What a request has that came through Cloudflare; with some of it, a check would never come so far. */
export const edgeLines: readonly string[] = [
  'CF-Connecting-IP: 192.0.2.66',
  'CF-Connecting-IPv6: 2001:db8::66',
  'CF-Pseudo-IPv4: 240.0.0.66',
  'CF-IPCountry: XX',
  'CF-Ray: 9a0b1c2d3e4f5a6b-FRA',
  'CF-Visitor: {"scheme":"https"}',
  'CF-Worker: example.com',
  'CDN-Loop: cloudflare; loops=1',
  'X-Forwarded-For: 192.0.2.66',
  `X-Forwarded-For: ${'192.0.2.66, '.repeat(20)}192.0.2.66`,
]

/** What stands in a request that shows that a line of {@link contextLines} came through. */
export const contextMark =
  /public|192\.0\.2\.66|evil|root|x.http.method|method.override|change-me|: GET/i

/** Ways to write `/public/../admin`, and others to come from `/public` to `/admin` at a lenient API. */
export const climbs: readonly string[] = [
  '/public/../admin/x',
  '/public/./../admin/x',
  '/public/x/../../admin/x',
  '/public//../../admin/x',
  '//public/../admin/x',
  '/public/..//admin/x',
  '/public/%2e%2e/admin/x',
  '/public/%2E%2E/admin/x',
  '/public/.%2e/admin/x',
  '/public/%2e./admin/x',
  '/public/..%2fadmin/x',
  '/public/..%2Fadmin/x',
  '/public/%2e%2e%2fadmin/x',
  '/public%2f..%2fadmin/x',
  '/public/..%5cadmin/x',
  '/public/..\\admin/x',
  '/public\\..\\admin/x',
  '/public/..;/admin/x',
  '/public/..;a=b/admin/x',
  '/public/..%3b/admin/x',
  '/public/%252e%252e/admin/x',
  '/public/..%252fadmin/x',
  '/public/..%c0%afadmin/x',
  '/public/%c0%ae%c0%ae/admin/x',
  '/public/%u002e%u002e/admin/x',
  '/public/..%00/admin/x',
  '/public/..%20/admin/x',
  '/public/..#/../admin/x',
  'http://app.example.com/public/../admin/x',
  'http://app.example.com//admin/x',
]
