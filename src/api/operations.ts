import type { Operation } from './operation.ts'
import { auditOperations } from './operations/audit.ts'
import { deliveryOperations } from './operations/deliveries.ts'
import { diagnosisOperations } from './operations/diagnosis.ts'
import { grantOperations } from './operations/grants.ts'
import { membershipsOperations } from './operations/memberships.ts'
import { organizationsOperations } from './operations/organizations.ts'
import { permissionOperations } from './operations/permissions.ts'
import { roleOperations } from './operations/roles.ts'
import { sessionsOperations } from './operations/sessions.ts'
import { subscriptionOperations } from './operations/subscriptions.ts'
import { syncOperations } from './operations/sync.ts'
import { usersOperations } from './operations/users.ts'
import { webhookOperations } from './operations/webhooks.ts'

/** The table of operations: each has a permission, and what is not here is not there. */
export const operations: readonly Operation[] = [
  ...auditOperations,
  ...roleOperations,
  ...permissionOperations,
  ...grantOperations,
  ...diagnosisOperations,
  ...webhookOperations,
  ...membershipsOperations,
  ...organizationsOperations,
  ...sessionsOperations,
  ...usersOperations,
  ...subscriptionOperations,
  ...deliveryOperations,
  ...syncOperations,
]
