import { deleteMachine, makeMachine, rotateKey } from '../acts/machines.ts'
import { Complaint, notFound, wrongParameter } from '../kernel/complaint.ts'
import { type Field, list, needed, number, text } from '../kernel/fields.ts'
import type { Machine } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { countedPage, orderBy, ordered, pageFields } from './lists.ts'
import { notDoneHere } from './not-done.ts'
import { machineView } from './views/machine.ts'

const path = '/machines/{machine_id}'
const maxScopes = 150

const machineName: Field<string> = (value, name) => needed(text(255)(value, name), name)
const scopedMachines = list(text(), maxScopes)
const ttl = number(1, 315_360_000)
const listFields = { ...pageFields, query: text(), order_by: orderBy(['created_at', 'name']) }

/** Services that speak for themselves. */
export const machinesOperations = [
  backend({
    id: 'ListMachines',
    method: 'GET',
    path: '/machines',
    takes: listFields,
    handle({ world, input }) {
      const { query, order_by: order = { column: 'created_at', isDescending: true } } = input
      const sought = query?.toLowerCase() ?? ''
      const found = world.state.machines.filter(
        ({ id, name }) => id === query || name.toLowerCase().includes(sought),
      )
      const all = ordered(found, order, ({ name, createdAt }, column) =>
        column === 'name' ? name : createdAt,
      )
      return countedPage(all, input, (machine) => machineView(world, machine))
    },
  }),
  backend({
    id: 'CreateMachine',
    method: 'POST',
    path: '/machines',
    takes: { name: machineName, scoped_machines: scopedMachines, default_token_ttl: ttl },
    handle({ world, input }) {
      const scopes = [...new Set(input.scoped_machines ?? [])]
      if (scopes.some((id) => world.state.machines.get(id) === undefined)) {
        const message = 'scoped_machines has a machine that is unknown.'
        throw wrongParameter('form_resource_not_found', 'scoped_machines', message)
      }
      const machine = makeMachine(world, {
        name: needed(input.name, 'name'),
        scopes,
        defaultTokenTtlSeconds: input.default_token_ttl,
      })
      return { ...machineView(world, machine), secret_key: machine.secretKey }
    },
  }),
  backend({
    id: 'GetMachine',
    method: 'GET',
    path,
    handle: ({ world, path }) => machineView(world, machineNamed(world, path.machine_id)),
  }),
  backend({
    id: 'UpdateMachine',
    method: 'PATCH',
    path,
    takes: { name: machineName, default_token_ttl: ttl },
    handle({ world, path, input, nowMs }) {
      const machine = machineNamed(world, path.machine_id)
      const { name = machine.name, default_token_ttl: seconds } = input
      const defaultTokenTtlSeconds = seconds ?? machine.defaultTokenTtlSeconds
      const changes = { name, defaultTokenTtlSeconds, updatedAt: nowMs }
      return machineView(world, world.state.machines.put({ ...machine, ...changes }))
    },
  }),
  backend({
    id: 'DeleteMachine',
    method: 'DELETE',
    path,
    handle({ world, path }) {
      const machine = machineNamed(world, path.machine_id)
      refuseGateway(world, machine)
      deleteMachine(world, machine)
      return { object: 'machine', id: machine.id, deleted: true }
    },
  }),
  backend({
    id: 'GetMachineSecretKey',
    method: 'GET',
    path: `${path}/secret_key`,
    handle: ({ world, path }) => secretView(machineNamed(world, path.machine_id)),
  }),
  backend({
    id: 'RotateMachineSecretKey',
    method: 'POST',
    path: `${path}/secret_key/rotate`,
    takes: { previous_token_ttl: number(0, 28_800) },
    handle({ world, path, input }) {
      const machine = machineNamed(world, path.machine_id)
      const seconds = needed(input.previous_token_ttl, 'previous_token_ttl')
      refuseGateway(world, machine)
      return secretView(rotateKey(world, machine, seconds))
    },
  }),
  backend({
    id: 'CreateMachineScope',
    method: 'POST',
    path: `${path}/scopes`,
    takes: { to_machine_id: text() },
    handle({ world, path, input, nowMs }) {
      const machine = machineNamed(world, path.machine_id)
      const other = machineNamed(world, needed(input.to_machine_id, 'to_machine_id'))
      if (machine.scopes.includes(other.id)) {
        throw new Complaint(409, 'conflict', { message: 'The machine scope already exists.' })
      }
      if (machine.scopes.length >= maxScopes) {
        const message = `A machine has at most ${maxScopes} scopes.`
        throw wrongParameter('quota_exceeded', 'to_machine_id', message)
      }
      const scopes = [...machine.scopes, other.id]
      world.state.machines.put({ ...machine, scopes, updatedAt: nowMs })
      return { ...scopeView(machine.id, other.id), created_at: nowMs }
    },
  }),
  backend({
    id: 'DeleteMachineScope',
    method: 'DELETE',
    path: `${path}/scopes/{other_machine_id}`,
    handle({ world, path, nowMs }) {
      const machine = machineNamed(world, path.machine_id)
      const { other_machine_id: otherId = '' } = path
      if (!machine.scopes.includes(otherId)) throw notFound('Machine scope not found')
      const scopes = machine.scopes.filter((id) => id !== otherId)
      world.state.machines.put({ ...machine, scopes, updatedAt: nowMs })
      return { ...scopeView(machine.id, otherId), deleted: true }
    },
  }),
]

function machineNamed({ state }: World, id: string | undefined): Machine {
  const machine = state.machines.get(id)
  if (machine === undefined) throw notFound('Machine not found')
  return machine
}

/** The gateway knows its machine and the key of it from its settings, which nothing here can change. */
function refuseGateway({ settings }: World, { id }: Machine): void {
  if (id === settings.machine?.id) throw notDoneHere('this with the machine of the gateway itself')
}

function secretView({ secretKey }: Machine): object {
  return { object: 'machine_secret_key', secret: secretKey }
}

function scopeView(fromId: string, toId: string): object {
  return { object: 'machine_scope', from_machine_id: fromId, to_machine_id: toId }
}
