import { pointerMembers } from '../model/claim.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { RoleClaim } from '../model/role-claim.ts'
import { parseClaimName } from './access-claims.ts'
import { parseUsherRole } from './access-words.ts'
import { parseUpstreamAddress } from './address.ts'
import type { Relaxations } from './relaxations.ts'
import { built, listOf, object, optional, parsed, type Shape, text, unsound } from './shape.ts'

const defaults = {
  defaultRole: 'user',
  trustedEmailClaim: null,
  rolesFromClaim: null,
  mirrorRole: null,
}

/** The shape of `users`: how people become known, and where roles come from and are told. */
export function usersShape(relaxations: Relaxations) {
  return optional(object(usersFields(relaxations)), defaults)
}

function usersFields(relaxations: Relaxations) {
  return {
    defaultRole: optional(text, defaults.defaultRole),
    trustedEmailClaim: optional(text, defaults.trustedEmailClaim),
    rolesFromClaim: optional(roleClaimShape(relaxations), defaults.rolesFromClaim),
    mirrorRole: optional(parsed(parseMember), defaults.mirrorRole),
  }
}

function roleClaimShape(relaxations: Relaxations): Shape<RoleClaim> {
  const fields = {
    claim: parsed(parseTrustedClaim),
    issuer: parsed((source) => parseIssuer(source, relaxations)),
    roles: rolesShape,
  }
  return built(object(fields), (draft: RoleClaim) => draft)
}

/** They are bound to one statement, which takes a hundred values. */
const rolesMax = 50

const rolesShape: Shape<readonly string[]> = (value, place) => {
  const reading = listOf(parsed(parseClaimedRole))(value, place)
  const isTooLong = (reading.value?.length ?? 0) > rolesMax
  return isTooLong ? unsound(place, `Names more than ${rolesMax} roles.`) : reading
}

/** It is compared as it stands: tokens say it without a slash at the end, or with one. */
function parseIssuer(source: string, relaxations: Relaxations): Result<string, string> {
  const url = parseUpstreamAddress(source, relaxations)
  return url.ok ? ok(source) : url
}

/** What stands in every session token of Clerk's, in both of its versions: it says nothing of Usher's roles. */
const clerksOwn = /^(?:iss|sub|sid|aud|azp|exp|iat|nbf|jti|act|sts|fva|ver|v|o|fea|pla|rol|org_.*)$/

/** Users write `unsafe_metadata` themselves: whoever trusts it lets everybody choose their roles. */
function parseTrustedClaim(source: string): Result<string, string> {
  const name = parseClaimName(source)
  if (!name.ok) return name
  const members = source.startsWith('/') ? pointerMembers(source) : [source]
  if (members.some((member) => /unsafe/i.test(member))) {
    return err('Users write unsafe_metadata themselves: put the role into public_metadata.')
  }
  if (clerksOwn.test(members[0] ?? '')) {
    return err("Is Clerk's own claim, which says nothing of Usher's roles: name one of yours.")
  }
  return ok(source)
}

/** Whoever runs Usher is named in its database alone. */
function parseClaimedRole(source: string): Result<string, string> {
  if (source.toLowerCase() === 'admin') {
    return err('No claim makes an administrator: grant the role with npm run grant.')
  }
  return parseUsherRole(source)
}

/** A plain name, which Clerk's templates can write: `{{user.public_metadata.role}}`. */
function parseMember(source: string): Result<string, string> {
  if (/^[A-Za-z_]\w{0,63}$/.test(source) && !(source in {})) return ok(source)
  return err('Is one member of public_metadata: letters, digits and "_", such as "roles".')
}
