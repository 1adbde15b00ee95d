import { checkTurnedMs, turnClock } from '../acts/clock.ts'
import { wrongParameter } from '../kernel/complaint.ts'
import { flag, type InputOf, number, oneOf } from '../kernel/fields.ts'
import type { World } from '../kernel/world.ts'
import { noFaults } from '../kernel/world-opening.ts'

/** What may happen to webhooks. */
export const webhookFates = [
  'as-they-are',
  'twice',
  'late',
  'out-of-order',
  'bad-signature',
] as const

/** Everything that can be switched; what is not named stays as it is. */
export const switchFields = {
  keysDown: flag,
  slowMs: number(0, 60_000),
  tooMany: flag,
  down: flag,
  tokenSkewSeconds: number(-86_400, 86_400),
  webhooks: oneOf(webhookFates),
  keys: oneOf(['rotate', 'rotate-and-forget', 'restore']),
  turnClockMs: number(-31_536_000_000, 31_536_000_000),
  mend: flag,
}

/** Throws the switches that are named. `mend` comes first: what else is named is then broken anew. */
export async function throwSwitches(
  world: World,
  input: InputOf<typeof switchFields>,
): Promise<void> {
  const { mend, keys, turnClockMs, ...named } = input
  if (Object.values(input).every((value) => value === undefined)) {
    throw wrongParameter('form_param_missing', 'switch', 'A switch must be named.')
  }
  checkTurnedMs((mend === true ? 0 : world.clock.turnedMs) + (turnClockMs ?? 0))
  if (mend === true) mendAll(world)
  if (keys === 'restore') world.keys.restore()
  else if (keys !== undefined) await world.keys.rotate(keys === 'rotate')
  if (turnClockMs !== undefined) turnClock(world, turnClockMs)
  const { faults: now } = world
  world.setFaults({
    keysDown: named.keysDown ?? now.keysDown,
    slowMs: named.slowMs ?? now.slowMs,
    tooMany: named.tooMany ?? now.tooMany,
    down: named.down ?? now.down,
    tokenSkewSeconds: named.tokenSkewSeconds ?? now.tokenSkewSeconds,
    webhooks: named.webhooks ?? now.webhooks,
  })
}

function mendAll(world: World): void {
  world.setFaults(noFaults)
  turnClock(world, -world.clock.turnedMs)
  if (!world.keys.isFirst()) world.keys.restore()
}

/** What is broken on purpose, in words; empty when all is well. */
export function brokenOnPurpose({ faults, keys, clock }: World): readonly string[] {
  const { keysDown, slowMs, tooMany, down, tokenSkewSeconds, webhooks } = faults
  return [
    down && 'both APIs are down',
    keysDown && 'the keys cannot be had',
    tooMany && 'every request is one too many (429)',
    slowMs > 0 && `every answer takes ${slowMs} ms longer`,
    tokenSkewSeconds !== 0 && `tokens are dated ${signed(tokenSkewSeconds * 1000)}`,
    webhooks !== 'as-they-are' && `webhooks come ${fateWords[webhooks]}`,
    !keys.isFirst() && 'the signing keys were rotated; `npm run token` signs with the first one',
    clock.turnedMs !== 0 && `the clock is turned by ${signed(clock.turnedMs)}`,
  ].filter((words) => words !== false)
}

/** What happens to webhooks, in words. */
export const fateWords: Readonly<Record<(typeof webhookFates)[number], string>> = {
  'as-they-are': 'as they are',
  twice: 'twice',
  late: 'a minute late',
  'out-of-order': 'in the wrong order',
  'bad-signature': 'with a bad signature',
}

/** `+3 min`, `−1 day`: in the largest unit of which it is a whole number. */
function signed(spanMs: number): string {
  const [name, unitMs] = units.find(([, ms]) => spanMs % ms === 0) ?? ['ms', 1]
  return `${spanMs > 0 ? '+' : '−'}${Math.abs(spanMs) / unitMs} ${name}`
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** How the switches stand, for programs. */
export function switchesView(world: World): object {
  const { faults, keys, clock } = world
  return {
    ...faults,
    publishedKeys: keys.published().map(({ kid }) => kid),
    turnedMs: clock.turnedMs,
    nowMs: clock.now(),
    brokenOnPurpose: brokenOnPurpose(world),
  }
}
