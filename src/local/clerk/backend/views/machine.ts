import type { Machine } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { instanceId } from '../../kernel/world-opening.ts'

/** A machine as the Backend API tells of it, with those that its tokens are for. */
export function machineView({ state }: World, machine: Machine): object {
  const scoped = machine.scopes.flatMap((id) => state.machines.get(id) ?? [])
  return { ...machineAlone(machine), scoped_machines: scoped.map(machineAlone) }
}

function machineAlone({ id, name, defaultTokenTtlSeconds, createdAt, updatedAt }: Machine): object {
  return {
    object: 'machine',
    ...{ id, name, instance_id: instanceId, default_token_ttl: defaultTokenTtlSeconds },
    ...{ created_at: createdAt, updated_at: updatedAt },
  }
}
