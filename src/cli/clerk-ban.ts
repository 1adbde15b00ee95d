import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { resourceOf } from '../clerk/resources.ts'
import type { ClerkEvent } from '../clerk/webhook-changes.ts'
import { baseOf, parseUpstreamAddress } from '../config/address.ts'
import { textsOf } from '../config/environment.ts'
import { strict } from '../config/relaxations.ts'
import { variableTable } from '../config/variables.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Telling } from '../store/mirror.ts'
import type { Errand } from './people-command.ts'
import { projectRoot, readMachineVariables } from './project.ts'

const limitMs = 10_000

/** Whom to ban or to readmit, and at which Clerk. */
export interface ClerkErrand {
  readonly userId: string
  readonly isRemote: boolean
}

/**
 * Bans or readmits someone at Clerk (`POST /v1/users/{id}/ban` of its Backend API) where a secret key is
 * set. What it says of them then; `undefined` where there was no Clerk to tell. The error is a sentence, and never
 * has the key in it.
 */
export async function tellClerk(
  action: 'ban' | 'unban',
  { userId, isRemote }: ClerkErrand,
): Promise<Result<ClerkEvent | undefined, string>> {
  const variables = isRemote ? readMachineVariables() : readLocalVariables()
  if (variables.CLERK_SECRET_KEY === undefined) return ok(undefined)
  const relaxations = { ...strict, plainAddresses: !isRemote }
  const secretKey = variableTable.CLERK_SECRET_KEY.parse(variables.CLERK_SECRET_KEY)
  if (!secretKey.ok) return err(`CLERK_SECRET_KEY: ${secretKey.error}`)
  const apiUrl = parseUpstreamAddress(
    variables.CLERK_API_URL ?? 'https://api.clerk.com',
    relaxations,
  )
  if (!apiUrl.ok) return err(`CLERK_API_URL: ${apiUrl.error}`)
  const url = `${baseOf(apiUrl.value)}/v1/users/${userId}/${action}`
  return post(url, secretKey.value)
}

/** In whose name Clerk's answer is mirrored. */
export function tellingOf({ by, nowMs }: Pick<Errand, 'by' | 'nowMs'>): Telling {
  return { by, nowMs, tellsNew: true }
}

async function post(url: string, secretKey: string): Promise<Result<ClerkEvent, string>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    })
    const { status } = response
    if (response.ok) return ok({ type: 'user.updated', ...(await readAnswer(response)) })
    if (status === 404) return err('Clerk knows no such user.')
    if (status === 401) return err('Clerk does not accept CLERK_SECRET_KEY.')
    return err(`Clerk answered ${status}.`)
  } catch {
    return err(`Clerk did not answer within ${limitMs / 1000} s.`)
  }
}

/** What is no user says nothing of one: Clerk's webhook will. */
async function readAnswer(response: Response): Promise<Pick<ClerkEvent, 'data' | 'toldAtMs'>> {
  const body: unknown = await response.json().catch(() => undefined)
  return { data: resourceOf(body) ?? {}, toldAtMs: Date.now() }
}

/** Those of the gateway that `npm start` runs: `.dev.vars` is of what is deployed. */
function readLocalVariables(): Readonly<Record<string, string>> {
  const file = join(projectRoot, 'src/local/.dev.vars')
  const own = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return Object.fromEntries([...textsOf(own), ...textsOf(process.env)])
}
