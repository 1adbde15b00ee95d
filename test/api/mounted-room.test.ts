import { getAuth as getAuthOfSuccessor } from '@clerk/hono'
import { getAuth } from '@hono/clerk-auth'
import type { Context } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Room } from '../../src/api/room.ts'
import { type TokenType, tokenTypes } from '../../src/model/principal.ts'
import {
  answerFrom,
  type CredentialForm,
  credentialForms,
  everyCredential,
  mintAccessToken,
  mintMachineToken,
  mintTemplate,
  opaqueRecords,
  otherMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { createWorld, type World } from '../support/world.ts'
import { mountRoom } from './mounted-room.ts'

// A room of Usher's own sees through getAuth whom the gateway let in at the front door, and nobody else.

/** The ways to ask `getAuth`, each with the types that it asks for. */
const waysToAsk: readonly (readonly [options: object | undefined, types: readonly TokenType[]])[] =
  [
    [undefined, ['session_token']],
    [{}, ['session_token']],
    [{ acceptsToken: 'session_token' }, ['session_token']],
    [{ acceptsToken: 'oauth_token' }, ['oauth_token']],
    [{ acceptsToken: 'm2m_token' }, ['m2m_token']],
    [{ acceptsToken: 'api_key' }, ['api_key']],
    [{ acceptsToken: ['api_key', 'm2m_token'] }, ['api_key', 'm2m_token']],
    [{ acceptsToken: ['session_token', 'oauth_token'] }, ['session_token', 'oauth_token']],
    // Clerk knows of no template's token.
    [{ acceptsToken: 'any' }, ['session_token', 'oauth_token', 'm2m_token', 'api_key']],
  ]

interface Seen {
  readonly isAuthenticated: boolean
  readonly tokenType: string | null
  readonly userId?: string | null
  readonly machineId?: string | null
}

/** Who is there by every way to ask, or `null`, by the `getAuth` of both packages. */
function lookAround(c: Context<Room>): unknown {
  return [getAuth, getAuthOfSuccessor].map((read) => {
    // Which object an option gives is told by overloads, of which each takes one kind of option.
    const ask = read as (c: Context<Room>, options?: object) => Seen
    return waysToAsk.map(([options]) => {
      const { isAuthenticated, tokenType, userId, machineId } = ask(c, options)
      const who = userId ?? machineId ?? null
      return isAuthenticated ? { tokenType, who } : who
    })
  })
}

/** What the room must see of somebody by one package, and so by the other. */
function sightings(type: TokenType | undefined): unknown {
  const who = type === 'm2m_token' ? sendingMachine : 'user_ada'
  const seen = waysToAsk.map(([, types]) =>
    types.some((one) => one === type) ? { tokenType: type, who } : null,
  )
  return [seen, seen]
}

/** Of each form of credential one that is refused, and why. */
const bad: Readonly<Record<string, readonly [code: string, make: CredentialForm['make']]>> = {
  'a session token': ['token-expired', (w) => w.token(past(w))],
  'a template JWT': ['token-expired', (w) => mintTemplate(w, past(w))],
  'an access token as JWT': ['token-expired', (w) => mintAccessToken(w, past(w))],
  'an opaque access token': ['token-unknown', () => 'oat_nobody'],
  "a machine's JWT": ['token-other-machine', (w) => mintMachineToken(w, { scopes: otherMachine })],
  "a machine's opaque token": ['token-other-machine', () => 'mt_other'],
  'an API key': ['token-unknown', () => 'ak_nobody'],
}

function past(world: World) {
  return { exp: world.clock.now() / 1000 - 60 }
}

let world: World
beforeEach(async () => {
  world = await createWorld({ variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
})

describe.each(credentialForms)('$name', (form) => {
  it('comes through the gateway, and getAuth tells of it to whom asks for its type alone', async () => {
    const room = mountRoom(world, { accepts: tokenTypes, look: lookAround })
    const { status, body } = await room.ask(await form.make(world))
    expect([status, body]).toEqual([200, sightings(form.type)])
    expect(room.entered).toEqual([form.type === 'm2m_token' ? 'machine' : 'user'])
  })

  it('does not come in when it is a bad one, though nobody in particular may', async () => {
    const [code, make] = bad[form.name] ?? []
    for (const mayBeAnonymous of [false, true]) {
      const room = mountRoom(world, { accepts: tokenTypes, mayBeAnonymous, look: lookAround })
      const { status, body } = await room.ask(await make?.(world))
      expect([status, body]).toMatchObject([401, { code }])
      expect(room.entered).toEqual([])
    }
  })

  it('comes in where no route accepts it only if it is a session', async () => {
    const room = mountRoom(world, { accepts: ['session_token'], look: lookAround })
    const { status, body } = await room.ask(await form.make(world))
    const isSession = form.type === 'session_token'
    const outcome = isSession ? [200, sightings(form.type)] : [401, { code: 'token-type-mismatch' }]
    expect([status, body]).toMatchObject(outcome)
    expect(room.entered).toHaveLength(isSession ? 1 : 0)
  })
})

describe('nobody', () => {
  it('comes in only where they may, and getAuth knows of no one', async () => {
    const closed = mountRoom(world, { accepts: tokenTypes, look: lookAround })
    expect(await closed.ask()).toMatchObject({ status: 401, body: { code: 'token-missing' } })
    expect(closed.entered).toEqual([])
    const open = mountRoom(world, { accepts: tokenTypes, mayBeAnonymous: true, look: lookAround })
    expect(await open.ask()).toEqual({ status: 200, body: sightings(undefined) })
    expect(open.entered).toEqual(['anonymous'])
  })
})

it('there is a bad one of each form, and a way to ask for each type that Clerk knows', () => {
  expect(Object.keys(bad).sort()).toEqual(credentialForms.map(({ name }) => name).sort())
  expect(credentialForms).toHaveLength(7)
  const asked = new Set(waysToAsk.flatMap(([, types]) => types))
  expect(asked).toEqual(new Set(tokenTypes.filter((type) => type !== 'jwt_template')))
})
