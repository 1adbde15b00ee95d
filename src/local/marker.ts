/**
 * A domain that nobody can own (RFC 2606) and that only local mode writes. It is in the addresses of
 * the local users and in the answers of everything that local mode runs, so a bundle that does not
 * contain it contains none of local mode.
 */
export const marker = 'usher-local.example'
