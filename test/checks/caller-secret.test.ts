import { expect, it } from 'vitest'
import { identifyCaller } from '../../src/checks/callers.ts'
import type { CheckCaller } from '../../src/model/checks.ts'

const first = 'a-secret-of-a-proxy-0123456789-abcdef'
const second = 'another-one-that-takes-its-place-soon!'

const edge: CheckCaller = {
  name: 'edge',
  proof: { kind: 'secret', secrets: [first, second] },
  may: new Set(['nginx']),
  hosts: [{ kind: 'any' }],
}

function whoShows(shown: string): string | undefined {
  const request = new Request('https://gate.test/', { headers: { 'x-usher-caller': shown } })
  const caller = identifyCaller({ headers: request.headers, request }, 'nginx', { callers: [edge] })
  return caller.ok ? caller.value.name : undefined
}

it.each([first, second])('a caller is known by each of its secrets, whole: %s', (secret) => {
  const near = [
    secret.slice(0, -1),
    secret.slice(1),
    `${secret}x`,
    `${secret}${secret}`,
    `${secret},${secret}`,
    `${secret}, ${secret}`,
    secret.toUpperCase(),
    ...Array.from(secret, (_, index) => `${secret.slice(0, index)}~${secret.slice(index + 1)}`),
  ]
  expect(whoShows(secret)).toBe('edge')
  expect(near.filter((shown) => whoShows(shown) !== undefined)).toEqual([])
  expect(near.length).toBeGreaterThan(40)
})
