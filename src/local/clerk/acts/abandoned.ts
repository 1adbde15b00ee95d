import type { World } from '../kernel/world.ts'

/** Forgets the sign-ins and sign-ups that nobody can go on with any more. */
export function forgetAbandoned({ state, clock }: World): void {
  const now = clock.now()
  for (const { id, abandonAt } of state.signIns.all()) {
    if (abandonAt <= now) state.signIns.remove(id)
  }
  for (const { id, abandonAt } of state.signUps.all()) {
    if (abandonAt <= now) state.signUps.remove(id)
  }
}
