import { type Access, signedIn } from '../model/condition.ts'
import { sessionsAlone, tokenTypes } from '../model/principal.ts'
import type { Admission } from '../model/route.ts'
import { accessShape, conditionsWithin } from './access.ts'
import { credentialRules, type IsSet, usualCarriers } from './credentials.ts'
import type { Problem } from './problem.ts'
import { type Draft, listOf, object, optional, type Reading, unsound, word } from './shape.ts'

const verifyFields = {
  accepts: optional(listOf(word(tokenTypes)), sessionsAlone),
  access: optional(verifierShape, signedIn),
}

const defaultVerify: Draft<typeof verifyFields> = {
  accepts: sessionsAlone,
  access: signedIn,
}

/** The shape of `verify`. */
export const verifyShape = optional(object(verifyFields), defaultVerify)

/** Whoever may learn what tokens are worth is somebody, and is asked for nothing that only a path says. */
function verifierShape(value: unknown, place: string): Reading<Access> {
  const reading = accessShape(value, place)
  const access = reading.value
  if (access === undefined) return reading
  if (access.kind !== 'signed-in') {
    const message =
      'What a token is worth is told to nobody in particular: write "signed-in", or name conditions.'
    return unsound(place, message)
  }
  if (access.tried !== undefined) {
    return unsound(place, 'Nothing can be tried here, because no route is recorded: remove mode.')
  }
  const asksForPath = conditionsWithin(access.condition).some(
    ({ kind }) => kind === 'organization-parameter' || kind === 'organization-path',
  )
  if (!asksForPath) return reading
  return unsound(
    place,
    'No route leads to verify, so its path has no parameters: name another word.',
  )
}

/** Who may ask what a token is worth. */
export function verifierAdmission(
  { accepts = sessionsAlone, access = signedIn }: Draft<typeof verifyFields>,
  isSet: IsSet,
): Admission {
  const carriers = usualCarriers(accepts, isSet)
  return { accepts, access, carriers, cookieAzp: 'strict', revocation: 'token' }
}

/** What of the config Usher's own surfaces go by. */
interface SurfaceDraft {
  readonly verify: Draft<typeof verifyFields> | undefined
  readonly templates: readonly string[] | undefined
}

/** What is wrong between the words about Usher's own surfaces and the environment. */
export function surfaceProblems(
  { verify, templates }: SurfaceDraft,
  isSet: IsSet,
): readonly Problem[] {
  const asRoute = {
    accepts: verify?.accepts,
    access: verify?.access,
    carriers: 'usual',
    cookieAzp: 'not-said',
    exchange: null,
    websocket: null,
    passCredential: false,
    place: 'verify',
  } as const
  const problems = credentialRules.flatMap((rule) => rule(asRoute, isSet))
  if (!templates?.length || isSet('CLERK_SECRET_KEY')) return problems
  const message = 'Clerk makes the tokens: set CLERK_SECRET_KEY.'
  return [...problems, { place: 'templates', message }]
}
