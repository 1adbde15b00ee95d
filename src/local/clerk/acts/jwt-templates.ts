import { notFound, wrongParameter } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import type { JwtTemplate } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** What a JWT template is made of. */
export type TemplateDraft = Pick<
  JwtTemplate,
  'name' | 'claims' | 'lifetimeSeconds' | 'allowedClockSkewSeconds'
>

/** What Clerk says by itself of every token; a template must not say it again. */
const reservedClaims: readonly string[] = ['azp', 'exp', 'iat', 'iss', 'jti', 'nbf', 'sub']

/** The template that a route of the demo has its tokens made of. */
const demo: TemplateDraft = {
  name: 'demo',
  claims: { template: 'demo', email: '{{user.primary_email_address}}' },
  lifetimeSeconds: 60,
  allowedClockSkewSeconds: 5,
}

/** Makes the template of the demo. */
export function makeFirstTemplates(world: World): void {
  makeTemplate(world, demo)
}

/** Makes a template. Names are taken once, and some claims are Clerk's own. */
export function makeTemplate(world: World, draft: TemplateDraft): JwtTemplate {
  refuseUnsound(world, undefined, draft)
  const now = world.clock.now()
  const dated = { id: newId('jtmp'), createdAt: now, updatedAt: now }
  return world.state.jwtTemplates.put({ ...dated, ...draft })
}

/** Changes a template. */
export function changeTemplate(
  world: World,
  template: JwtTemplate,
  changes: Partial<TemplateDraft>,
): JwtTemplate {
  refuseUnsound(world, template.id, { ...template, ...changes })
  const updatedAt = world.clock.now()
  return world.state.jwtTemplates.put({ ...template, ...changes, updatedAt })
}

/** The template of this name; 404 for any other. */
export function templateCalled({ state }: World, wanted: string | undefined): JwtTemplate {
  const template = state.jwtTemplates.find(({ name }) => name === wanted)
  if (template === undefined) throw notFound('JWT template not found')
  return template
}

function refuseUnsound({ state }: World, ownId: string | undefined, draft: TemplateDraft): void {
  if (!/^[\w-]{1,255}$/.test(draft.name)) {
    throw wrongParameter(
      'form_param_format_invalid',
      'name',
      'name may hold letters, numbers, hyphens and underscores.',
    )
  }
  const other = state.jwtTemplates.find(({ id, name }) => name === draft.name && id !== ownId)
  if (other !== undefined) {
    throw wrongParameter('form_identifier_exists', 'name', 'That name is taken.')
  }
  const reserved = Object.keys(draft.claims).find((claim) => reservedClaims.includes(claim))
  if (reserved !== undefined) {
    throw wrongParameter(
      'jwt_template_reserved_claim',
      'claims',
      `You can't use the reserved claim: '${reserved}'`,
    )
  }
}
