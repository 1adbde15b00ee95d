import { banUser, createUser, lockUser, type UserDraft, verifiedByAdmin } from '../acts/people.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import {
  emailAddress,
  flag,
  type InputOf,
  list,
  nullable,
  oneOf,
  phoneNumber,
} from '../kernel/fields.ts'
import { metadata } from '../kernel/metadata.ts'
import { backend } from './api.ts'
import { notDone, notDoneHere } from './not-done.ts'
import { changesOf, userFields } from './user-fields.ts'
import { userView } from './views/user.ts'

const statuses = list(oneOf(['verified', 'reserved']), 100)

const creationFields = {
  ...userFields,
  email_address: list(emailAddress, 100),
  email_address_identification_status: statuses,
  phone_number: list(phoneNumber, 100),
  phone_number_identification_status: statuses,
  web3_wallet: notDone,
  skip_password_requirement: nullable(flag),
  skip_user_requirement: nullable(flag),
  public_metadata: metadata,
  private_metadata: metadata,
  unsafe_metadata: metadata,
  banned: nullable(flag),
  locked: nullable(flag),
}

type Creation = InputOf<typeof creationFields>

/** How the owner of the secret key makes users. */
export const userCreationOperations = [
  backend({
    id: 'CreateUser',
    method: 'POST',
    path: '/users',
    takes: creationFields,
    async handle({ world, input, nowMs }) {
      askForAll(input)
      let user = createUser(world, await draftOf(input, nowMs))
      if (input.banned) user = banUser(world, user)
      if (input.locked) user = lockUser(world, user)
      return userView(world, user)
    },
  }),
]

async function draftOf(input: Creation, nowMs: number): Promise<UserDraft> {
  const { email_address: addresses = [], phone_number: numbers = [] } = input
  askForEachOnce(addresses, 'email_address')
  askForEachOnce(numbers, 'phone_number')
  askForVerified(input.email_address_identification_status, addresses.length)
  askForVerified(input.phone_number_identification_status, numbers.length)
  const verification = verifiedByAdmin
  return {
    ...(await changesOf(input, nowMs)),
    emailAddresses: addresses.map((one) => ({ emailAddress: one, verification })),
    phoneNumbers: numbers.map((one) => ({ phoneNumber: one, verification })),
    ...(typeof input.created_at === 'number' && { createdAt: input.created_at }),
    ...(input.public_metadata && { publicMetadata: input.public_metadata }),
    ...(input.private_metadata && { privateMetadata: input.private_metadata }),
    ...(input.unsafe_metadata && { unsafeMetadata: input.unsafe_metadata }),
  }
}

/** The instance wants an address and a password of everybody, where nobody says that it may do without. */
function askForAll(input: Creation): void {
  const { email_address: addresses = [], phone_number: numbers = [], username } = input
  const { skip_user_requirement: mayLackAddress, skip_password_requirement: mayLackPassword } =
    input
  const isIdentified = addresses.length > 0 || numbers.length > 0 || Boolean(username)
  const missing = [
    ...((mayLackAddress ? isIdentified : addresses.length > 0) ? [] : ['email_address']),
    ...(mayLackPassword || input.password ? [] : ['password']),
  ]
  if (missing.length === 0) return
  throw new Complaint(422, 'form_data_missing', {
    message: 'missing data',
    longMessage: `${JSON.stringify(missing)} data doesn't match user requirements set for this instance`,
    param_names: missing,
  })
}

function askForEachOnce(values: readonly string[], name: string): void {
  if (new Set(values).size === values.length) return
  throw wrongParameter('form_param_duplicate', name, `${name} included multiple times.`)
}

function askForVerified(given: readonly string[] | undefined, count: number): void {
  if (given === undefined || given.length === 0) return
  if (given.length !== count) {
    throw new Complaint(422, 'form_param_value_invalid', {
      message: 'There must be exactly one identification status per identification.',
    })
  }
  if (given.includes('reserved')) throw notDoneHere('reserved identifications')
}
