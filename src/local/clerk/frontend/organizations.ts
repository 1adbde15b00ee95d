import {
  createOrganization,
  deleteOrganization,
  updateOrganization,
} from '../acts/organizations.ts'
import { deletedObject } from '../acts/people.ts'
import { Complaint } from '../kernel/complaint.ts'
import { needed, nullable, text } from '../kernel/fields.ts'
import { frontend, resource } from './api.ts'
import { memberWith } from './organization-access.ts'
import { organizationView } from './views/organization.ts'

/** Organisations as their members make and change them. */
export const organizationsOperations = [
  frontend({
    id: 'createOrganization',
    method: 'POST',
    path: '/v1/organizations',
    takes: { name: text(), slug: nullable(text()) },
    handle({ world, caller, input }) {
      const { user } = caller.signedIn()
      if (!user.mayCreateOrganization) throw mayNotCreate()
      const name = needed(input.name, 'name')
      const organization = createOrganization(world, {
        name,
        createdBy: user.id,
        ...(input.slug && { slug: input.slug }),
      })
      return resource(organizationView(world, organization))
    },
  }),
  frontend({
    id: 'getOrganization',
    method: 'GET',
    path: '/v1/organizations/{organization_id}',
    handle: (call) => resource(organizationView(call.world, memberWith(call).organization)),
  }),
  frontend({
    id: 'updateOrganization',
    method: 'PATCH',
    path: '/v1/organizations/{organization_id}',
    takes: { name: nullable(text()), slug: nullable(text()) },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, 'org:sys_profile:manage')
      const updated = updateOrganization(world, organization, {
        ...(input.name && { name: input.name }),
        ...(input.slug && { slug: input.slug }),
      })
      return resource(organizationView(world, updated))
    },
  }),
  frontend({
    id: 'deleteOrganization',
    method: 'DELETE',
    path: '/v1/organizations/{organization_id}',
    handle(call) {
      const { organization } = memberWith(call, 'org:sys_profile:delete')
      if (!organization.adminDeleteEnabled) {
        throw new Complaint(403, 'organization_admin_delete_not_enabled', {
          message: 'admin delete not enabled',
          longMessage: 'Deletion by admin is not enabled for this organization.',
        })
      }
      deleteOrganization(call.world, organization)
      return resource(deletedObject('organization', organization.id))
    },
  }),
]

function mayNotCreate(): Complaint {
  return new Complaint(403, 'authorization_invalid', {
    message: 'Unauthorized request',
    longMessage: 'You are not authorized to create organizations.',
  })
}
