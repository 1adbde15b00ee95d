import type { Client } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** A client as the Frontend API shows it. */
export function clientView(_world: World, client: Client): object {
  return { object: 'client', id: client.id }
}
