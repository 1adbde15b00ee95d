import { deletedObject } from '../acts/people.ts'
import {
  deleteWaitlistEntry,
  inviteFromWaitlist,
  joinWaitlist,
  rejectFromWaitlist,
} from '../acts/waitlist.ts'
import { Complaint } from '../kernel/complaint.ts'
import {
  emailAddress,
  type Field,
  flag,
  type InputOf,
  json,
  list,
  needed,
  nullable,
  oneOf,
  readFields,
  text,
} from '../kernel/fields.ts'
import type { Asked } from '../kernel/operation.ts'
import type { WaitlistEntry } from '../kernel/records.ts'
import { backend } from './api.ts'
import { countedPage, newestFirst, orderBy, ordered, pageFields } from './lists.ts'
import { missing } from './organization-access.ts'
import { waitlistEntryView } from './views/waitlist-entry.ts'

const all = '/waitlist_entries'
const one = `${all}/{waitlist_entry_id}`
const draftFields = { email_address: emailAddress, notify: nullable(flag) }

const draft: Field<InputOf<typeof draftFields>> = (value, name) =>
  readFields(json(value, name), draftFields)

/** The waitlist, as the owner of the secret key works it off. */
export const waitlistEntriesOperations = [
  backend({
    id: 'ListWaitlistEntries',
    method: 'GET',
    path: all,
    takes: {
      ...pageFields,
      query: text(),
      status: list(oneOf(['pending', 'invited', 'completed', 'rejected'])),
      order_by: orderBy(['created_at', 'email_address', 'invited_at']),
    },
    handle({ world, input }) {
      const { query, order_by: order } = input
      const sought = query?.trim().toLowerCase() ?? ''
      const found = newestFirst(world.state.waitlistEntries.all()).filter(
        (entry) =>
          (input.status?.includes(entry.status) ?? true) &&
          (entry.id === query || entry.emailAddress.includes(sought)),
      )
      const sorted =
        order === undefined
          ? found
          : ordered(found, order, (entry, column) => {
              if (column === 'email_address') return entry.emailAddress
              if (column === 'created_at') return entry.createdAt
              return world.state.invitations.get(entry.invitationId)?.createdAt ?? 0
            })
      return countedPage(sorted, input, (entry) => waitlistEntryView(world, entry))
    },
  }),
  backend({
    id: 'CreateWaitlistEntry',
    method: 'POST',
    path: all,
    takes: draftFields,
    handle: ({ world, input }) => waitlistEntryView(world, joinWaitlist(world, drafted(input))),
  }),
  backend({
    id: 'CreateBulkWaitlistEntries',
    method: 'POST',
    path: `${all}/bulk`,
    takes: { items: list(draft, 50) },
    handle({ world, input }) {
      const drafts = needed(input.items, 'items').map(drafted)
      if (new Set(drafts.map((each) => each.emailAddress)).size < drafts.length) {
        throw new Complaint(422, 'duplicate_list_items_not_allowed', {
          message: 'duplicate list items not allowed',
          longMessage: 'duplicate list items not allowed: email_address',
        })
      }
      return drafts.map((each) => waitlistEntryView(world, joinWaitlist(world, each)))
    },
  }),
  backend({
    id: 'DeleteWaitlistEntry',
    method: 'DELETE',
    path: one,
    handle(call) {
      const entry = named(call)
      deleteWaitlistEntry(call.world, entry)
      return deletedObject('waitlist_entry', entry.id)
    },
  }),
  backend({
    id: 'InviteWaitlistEntry',
    method: 'POST',
    path: `${one}/invite`,
    takes: { ignore_existing: nullable(flag) },
    async handle(call) {
      const { world, publicOrigin, input } = call
      const ignoreExisting = input.ignore_existing ?? false
      const inviting = { publicOrigin, ignoreExisting }
      return waitlistEntryView(world, await inviteFromWaitlist(world, named(call), inviting))
    },
  }),
  backend({
    id: 'RejectWaitlistEntry',
    method: 'POST',
    path: `${one}/reject`,
    handle: (call) => waitlistEntryView(call.world, rejectFromWaitlist(call.world, named(call))),
  }),
]

function drafted(input: InputOf<typeof draftFields>): {
  readonly emailAddress: string
  readonly notify: boolean
} {
  const { email_address: address, notify } = input
  return { emailAddress: needed(address, 'email_address'), notify: notify ?? true }
}

function named({ world, path }: Pick<Asked, 'world' | 'path'>): WaitlistEntry {
  const entry = world.state.waitlistEntries.get(path.waitlist_entry_id)
  if (entry !== undefined) return entry
  throw missing('Waitlist entry not found')
}
