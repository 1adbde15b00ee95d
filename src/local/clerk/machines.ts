import { identifier } from './users.ts'

/** The machine that the gateway is in local mode: tokens of other machines are for it. */
export const localGateway: string = identifier('mch', 'usher')

/** The machines that local mode knows beside the gateway: name -> id. */
export const localMachines: ReadonlyMap<string, string> = new Map(
  ['sensor', 'batch'].map((name) => [name, identifier('mch', name)]),
)
