import { wrongParameter } from '../kernel/complaint.ts'

/** How long a username may be: what Clerk sets where nobody changes it. */
export const usernameLength = { min: 4, max: 64 }

/** A username in lower case; refuses one that Clerk would refuse. */
export function checkUsername(username: string): string {
  const { min, max } = usernameLength
  const name = username.trim().toLowerCase()
  if (name.length < min || name.length > max) {
    const message = `Username must be between ${min} and ${max} characters long.`
    throw wrongParameter('form_username_invalid_length', 'username', message)
  }
  if (!/^[a-z0-9_-]+$/.test(name)) {
    const message = 'Username can only contain letters, numbers and "-" or "_".'
    throw wrongParameter('form_username_invalid_character', 'username', message)
  }
  if (!/[a-z]/.test(name)) {
    const message = 'Username must contain at least one non-numeric character.'
    throw wrongParameter('form_username_needs_non_number_char', 'username', message)
  }
  return name
}
