import { changeTemplate, makeTemplate } from '../acts/jwt-templates.ts'
import { deletedObject } from '../acts/people.ts'
import { notFound } from '../kernel/complaint.ts'
import { json, needed, nullable, number, text } from '../kernel/fields.ts'
import type { JwtTemplate } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { newestFirst, pageAsAsked, paginatedFields } from './lists.ts'
import { notDone } from './not-done.ts'
import { jwtTemplateView } from './views/jwt-template.ts'

const path = '/jwt_templates/{template_id}'

const usual = { lifetimeSeconds: 60, allowedClockSkewSeconds: 5 }

const traits = {
  name: text(255),
  claims: json,
  lifetime: nullable(number(30, 315_360_000)),
  allowed_clock_skew: nullable(number(0, 300)),
  custom_signing_key: notDone,
  signing_algorithm: nullable(rs256),
  signing_key: notDone,
}

/** The templates of JWTs. */
export const jwtTemplatesOperations = [
  backend({
    id: 'ListJWTTemplates',
    method: 'GET',
    path: '/jwt_templates',
    takes: paginatedFields,
    handle: ({ world, input }) =>
      pageAsAsked(newestFirst(world.state.jwtTemplates.all()), input, jwtTemplateView),
  }),
  backend({
    id: 'CreateJWTTemplate',
    method: 'POST',
    path: '/jwt_templates',
    takes: traits,
    handle({ world, input }) {
      const draft = {
        name: needed(input.name, 'name'),
        claims: needed(input.claims, 'claims'),
        lifetimeSeconds: input.lifetime ?? usual.lifetimeSeconds,
        allowedClockSkewSeconds: input.allowed_clock_skew ?? usual.allowedClockSkewSeconds,
      }
      return jwtTemplateView(makeTemplate(world, draft))
    },
  }),
  backend({
    id: 'GetJWTTemplate',
    method: 'GET',
    path,
    handle: ({ world, path }) => jwtTemplateView(templateNamed(world, path.template_id)),
  }),
  backend({
    id: 'UpdateJWTTemplate',
    method: 'PATCH',
    path,
    takes: traits,
    handle({ world, path, input }) {
      const template = templateNamed(world, path.template_id)
      const draft = {
        name: needed(input.name, 'name'),
        claims: needed(input.claims, 'claims'),
        lifetimeSeconds: input.lifetime ?? template.lifetimeSeconds,
        allowedClockSkewSeconds: input.allowed_clock_skew ?? template.allowedClockSkewSeconds,
      }
      return jwtTemplateView(changeTemplate(world, template, draft))
    },
  }),
  backend({
    id: 'DeleteJWTTemplate',
    method: 'DELETE',
    path,
    handle({ world, path }) {
      const { id } = templateNamed(world, path.template_id)
      world.state.jwtTemplates.remove(id)
      return deletedObject('jwt_template', id)
    },
  }),
]

function templateNamed({ state }: World, id: string | undefined): JwtTemplate {
  const template = state.jwtTemplates.get(id)
  if (template === undefined) throw notFound('JWT template not found')
  return template
}

/** Every token here is signed with the keys of the instance. */
function rs256(value: unknown, name: string): string | undefined {
  return value === 'RS256' ? value : notDone(value, name)
}
