import { z } from 'zod'
import { administratorRole } from '../store/administrators.ts'

/** One of Usher's own roles, as policies name them. */
export const roleName = z.string().regex(/^(?!org:)[a-z0-9][\w.:-]{0,63}$/i)

/** A role that somebody says the permissions of: none that is taken for the administrators' by whoever reads it. */
export const definableRoleName = roleName.refine(
  (name) => name === administratorRole || name.toLowerCase() !== administratorRole,
)

/** One of Usher's own permissions, as policies name them. */
export const permissionName = roleName

/** Clerk's id of a user. */
export const userId = z.string().regex(/^user_\w{1,96}$/)

/** Clerk's id of an organisation. */
export const organizationId = z.string().regex(/^org_\w{1,96}$/)

/** A sentence or two about something, on one line. */
export const description = z
  .string()
  .max(500)
  .regex(/^\P{Cc}*$/u)
