import type * as records from './records.ts'
import { type Change, type NoteChange, Table } from './table.ts'

/** Where rows outlive the process. Rows are JSON. */
export interface RowKeeper {
  load(): Iterable<{ readonly table: string; readonly id: string; readonly json: string }>
  /** Writes all of these or none. */
  write(changes: readonly Change[]): void
}

/** Keeps nothing: what tests use. */
export const forgetful: RowKeeper = { load: () => [], write: () => undefined }

function tables(note: NoteChange) {
  return {
    users: new Table<records.User>('users', note),
    emailAddresses: new Table<records.EmailAddress>('emailAddresses', note),
    phoneNumbers: new Table<records.PhoneNumber>('phoneNumbers', note),
    addressVerifications: new Table<records.AddressVerification>('addressVerifications', note),
    clients: new Table<records.Client>('clients', note),
    sessions: new Table<records.Session>('sessions', note),
    signIns: new Table<records.SignIn>('signIns', note),
    signUps: new Table<records.SignUp>('signUps', note),
    organizations: new Table<records.Organization>('organizations', note),
    memberships: new Table<records.Membership>('memberships', note),
    organizationInvitations: new Table<records.OrganizationInvitation>(
      'organizationInvitations',
      note,
    ),
    organizationDomains: new Table<records.OrganizationDomain>('organizationDomains', note),
    membershipRequests: new Table<records.MembershipRequest>('membershipRequests', note),
    roles: new Table<records.Role>('roles', note),
    permissions: new Table<records.Permission>('permissions', note),
    invitations: new Table<records.Invitation>('invitations', note),
    waitlistEntries: new Table<records.WaitlistEntry>('waitlistEntries', note),
    jwtTemplates: new Table<records.JwtTemplate>('jwtTemplates', note),
    tickets: new Table<records.Ticket>('tickets', note),
    credentials: new Table<records.OpaqueCredentialRecord>('credentials', note),
    redirectUrls: new Table<records.RedirectUrl>('redirectUrls', note),
    machines: new Table<records.Machine>('machines', note),
    messages: new Table<records.Message>('messages', note),
    deliveries: new Table<records.Delivery>('deliveries', note),
    handshakes: new Table<records.HandshakePayload>('handshakes', note),
    settings: new Table<records.Setting>('settings', note),
  }
}

/** All that the stand-in knows, as tables. */
export type Tables = Readonly<ReturnType<typeof tables>>

/** The tables, and what makes their changes durable. */
export interface State extends Tables {
  /** Makes durable what changed since it was last called. */
  keep(): void
}

/** A table of which only that is known. */
interface Restorable {
  restore(record: { readonly id: string }): void
}

/** What a row says. One that is damaged is never passed over: what hangs on it would be wrong without a word. */
function readRow({ table, id, json }: { table: string; id: string; json: string }): object {
  try {
    const record: unknown = JSON.parse(json)
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record
  } catch {}
  throw new Error(`The stand-in cannot open its state: row ${id} of ${table} is damaged.`)
}

/** Opens the state on what `keeper` has kept. */
export function openState(keeper: RowKeeper): State {
  let changes: Change[] = []
  const all = tables((change) => void changes.push(change))
  for (const { table, id, json } of keeper.load()) {
    // What an older version kept and this one has no table for stays where it is.
    const known = Object.entries<Restorable>(all).find(([name]) => name === table)?.[1]
    known?.restore({ ...readRow({ table, id, json }), id })
  }
  return {
    ...all,
    keep() {
      if (changes.length === 0) return
      keeper.write(changes)
      changes = []
    },
  }
}
