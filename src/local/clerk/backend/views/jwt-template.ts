import type { JwtTemplate } from '../../kernel/records.ts'

/** A JWT template as the Backend API tells of it. */
export function jwtTemplateView(template: JwtTemplate): object {
  return {
    object: 'jwt_template',
    id: template.id,
    name: template.name,
    claims: template.claims,
    lifetime: template.lifetimeSeconds,
    allowed_clock_skew: template.allowedClockSkewSeconds,
    custom_signing_key: false,
    signing_algorithm: 'RS256',
    created_at: template.createdAt,
    updated_at: template.updatedAt,
  }
}
