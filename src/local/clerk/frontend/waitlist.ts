import { joinWaitlist } from '../acts/waitlist.ts'
import { emailAddress, needed } from '../kernel/fields.ts'
import { frontend } from './api.ts'

/** The waitlist as anybody joins it. */
export const waitlistOperations = [
  frontend({
    id: 'joinWaitlist',
    method: 'POST',
    path: '/v1/waitlist',
    takes: { email_address: emailAddress },
    handle({ world, input }) {
      const address = needed(input.email_address, 'email_address')
      const { id } = joinWaitlist(world, { emailAddress: address, notify: true })
      // Whoever asks is told nothing of what became of the entry.
      return { object: 'waitlist_entry', id }
    },
  }),
]
