import { countedPage, pageFields } from '../backend/lists.ts'
import { roleView } from '../backend/views/role.ts'
import { frontend, resource } from './api.ts'
import { memberWith } from './organization-access.ts'

/** The roles that a member can have. */
export const organizationRolesOperations = [
  frontend({
    id: 'ListOrganizationRoles',
    method: 'GET',
    path: '/v1/organizations/{organization_id}/roles',
    takes: pageFields,
    handle(call) {
      const { world, input } = call
      memberWith(call)
      const page = countedPage(world.state.roles.all(), input, (one) => roleView(world, one))
      return resource({ ...page, has_role_set_migration: false })
    },
  }),
]
