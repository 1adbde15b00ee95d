import type { Member } from '../model/origin.ts'

/** A member's lot, between 0 and 1. */
export type Draw = (member: Member) => number

/** Every member's lot is new each time. */
export function drawAtRandom(random: () => number): Draw {
  return () => random()
}

/**
 * A caller's lots are the same each time, whatever other members there are (rendezvous hashing): when one
 * leaves, only the callers that it had go elsewhere.
 */
export function drawFor(caller: string): Draw {
  return ({ name }) => (hash(`${caller}\n${name}`) + 0.5) / 2 ** 32
}

/**
 * How soon a member's turn comes: the least is first. Each is first as often as its weight among those
 * of the others says (the exponential clocks of Efraimidis and Spirakis).
 */
export function turnOf(member: Member, draw: Draw): number {
  return -Math.log(draw(member) || Number.MIN_VALUE) / (member.weight || 1)
}

/** A number of 32 bits for a text: FNV-1a, with the finish of MurmurHash3 so that one letter changes all of it. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
