import { textAt } from '../clerk-browser.ts'
import type { Tour } from './tour.ts'

/** Asks for what is refused in a way that Clerk's description does not name; each has an exception. */
export async function visitUndescribedRefusals({ kit, failed }: Tour): Promise<void> {
  const server = kit.backend()
  const person = {
    email_address: ['last@undescribed.example'],
    password: 'a sound secret of theirs',
  }
  const { body: user } = await server.post('/users', person)
  const userId = textAt(user, 'id')
  const organization = { name: 'Undescribed', created_by: userId }
  const { body: made } = await server.post('/organizations', organization)
  const membership = `/organizations/${textAt(made, 'id')}/memberships/${userId}`
  const tooLong = { expires_in_seconds: 10 ** 12 }
  const answers = [
    await server.post('/sessions/sess_1/tokens', tooLong),
    await server.post('/sessions/sess_1/tokens/template', tooLong),
    await server.patch(membership, { role: 'org:member' }),
    await server.delete(membership),
  ]
  const statuses = answers.map(({ status }) => status).join()
  if (statuses !== '422,422,400,400') failed.push(`Refused otherwise: ${statuses}`)
}
