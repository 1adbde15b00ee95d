import type { EventType, UsherEvent } from '../model/event.ts'

/** Does something with an event. It may be called more than once for one event: `event.id` tells. */
export type EventHandler<Type extends EventType = EventType> = (
  event: UsherEvent<Type>,
) => Promise<void> | void

/** What the project does with events of one type, or of all. */
export interface OnEvent {
  readonly type: EventType | '*'
  /** Of an event of another type it does nothing. */
  readonly handle: EventHandler
}

/** What the project does with events, in the order in which it is done. */
export type EventHandlers = readonly OnEvent[]

/** Does something when something happens; `'*'` is everything. */
export function onEvent<Type extends EventType>(
  type: Type | '*',
  handler: EventHandler<Type>,
): OnEvent {
  const isWanted = (event: UsherEvent): event is UsherEvent & UsherEvent<Type> =>
    type === '*' || event.type === type
  return { type, handle: (event) => (isWanted(event) ? handler(event) : undefined) }
}
