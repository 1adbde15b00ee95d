import { newId, randomText } from '../kernel/identifiers.ts'
import type { Machine } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { localGateway, localMachines } from '../machines.ts'

/** How long a token lasts that a machine makes without a word about it. */
export const usualTokenTtlSeconds = 60 * 60

/** What is said of a machine that is made. */
export interface MachineDraft {
  readonly id?: string
  readonly name: string
  readonly secretKey?: string | undefined
  readonly defaultTokenTtlSeconds?: number | undefined
  /** The machines that its tokens are for. */
  readonly scopes?: readonly string[]
}

/** Makes a machine, with a key of its own where none is given. */
export function makeMachine({ state, clock }: World, draft: MachineDraft): Machine {
  const { id = newId('mch'), name, secretKey = newSecretKey(), scopes = [] } = draft
  const { defaultTokenTtlSeconds = usualTokenTtlSeconds } = draft
  const now = clock.now()
  return state.machines.put({
    ...{ id, name, secretKey, formerKey: null, defaultTokenTtlSeconds, scopes },
    ...{ createdAt: now, updatedAt: now },
  })
}

/** Makes the machine that the gateway is, and those whose tokens `npm run token` makes for it. */
export function makeFirstMachines(world: World): void {
  const { secretKey } = world.settings.machine ?? {}
  makeMachine(world, { id: localGateway, name: 'usher', secretKey })
  for (const [name, id] of localMachines) {
    makeMachine(world, { id, name, scopes: [localGateway] })
  }
}

/** Gives a machine another key. The one that it had opens for a while yet. */
export function rotateKey(
  { state, clock }: World,
  machine: Machine,
  formerLastsSeconds: number,
): Machine {
  const now = clock.now()
  const formerKey = { secretKey: machine.secretKey, endsAt: now + formerLastsSeconds * 1000 }
  return state.machines.put({
    ...machine,
    secretKey: newSecretKey(),
    formerKey,
    updatedAt: now,
  })
}

/** Takes a machine away, from the scopes of others and with the tokens that it made. */
export function deleteMachine({ state, clock }: World, { id }: Machine): void {
  state.machines.remove(id)
  for (const other of state.machines.filter(({ scopes }) => scopes.includes(id))) {
    const scopes = other.scopes.filter((scope) => scope !== id)
    state.machines.put({ ...other, scopes, updatedAt: clock.now() })
  }
  for (const credential of state.credentials.filter(({ subject }) => subject === id)) {
    state.credentials.remove(credential.id)
  }
}

/** The id of the machine whose key this is; `undefined` for a key of none. */
export function machineShowing(world: World, shown: string): string | undefined {
  const { settings, state, clock } = world
  if (shown === settings.machine?.secretKey) return settings.machine.id
  const now = clock.now()
  const found = state.machines.find(
    ({ secretKey, formerKey }) =>
      secretKey === shown || (formerKey?.secretKey === shown && formerKey.endsAt > now),
  )
  return found?.id
}

function newSecretKey(): string {
  return `ak_${randomText(43)}`
}
