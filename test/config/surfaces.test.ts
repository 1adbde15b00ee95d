import { describe, expect, it } from 'vitest'
import { everyCredential } from '../support/credentials.ts'
import { gatewayOf, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

// What the config says of Usher's own surfaces: who may verify, and which templates are given out.

const base = withRoutes('/**')
const env = { ...variables, ...everyCredential }

describe('verify', () => {
  it('is for whoever is signed in by a session when nothing is said', () => {
    const { verifiers } = gatewayOf(base).rules
    expect(verifiers).toMatchObject({
      access: { kind: 'signed-in', condition: { kind: 'all', of: [] } },
      accepts: ['session_token'],
      carriers: ['bearer'],
    })
  })

  it('takes the types that it names alone, conditions and, where cookies are taken, cookies', () => {
    const verify = { accepts: ['session_token', 'api_key'], access: { scope: 'verify' } }
    const parties = { ...env, AUTHORIZED_PARTIES: 'https://app.example.com' }
    const { verifiers } = gatewayOf({ ...base, verify }, { env: parties }).rules
    expect(verifiers).toMatchObject({
      access: { condition: { kind: 'scope', scope: 'verify' } },
      accepts: ['session_token', 'api_key'],
      carriers: ['bearer', 'cookie'],
    })
    const machines = gatewayOf({ ...base, verify: { accepts: ['m2m_token'] } }, { env: parties })
    expect(machines.rules.verifiers).toMatchObject({
      accepts: ['m2m_token'],
      carriers: ['bearer'],
    })
  })

  it.each([
    ['public', { access: 'public' }],
    ['optional', { access: 'optional' }],
    ['a parameter of no path', { access: { org: ':orgId' } }],
    ['one deep within', { access: { any: [{ role: 'admin' }, { not: { org: ':orgId' } }] } }],
    ['patterns of paths', { access: { orgPatterns: ['/orgs/:id/**'] } }],
    ['an unknown word', { access: { wizard: true } }],
  ])('does not compile for %s', (_, verify) => {
    const places = placesOf({ ...base, verify }, { env })
    expect(places).not.toEqual([])
    expect(places.every((place) => place.startsWith('verify.access'))).toBe(true)
  })

  it.each([
    ['signed-in'],
    [{ role: 'admin' }],
    [{ org: 'org_1', role: 'org:admin' }],
    [{ any: [{ role: 'admin' }, { permission: 'tokens.verify' }] }],
  ])('compiles for %j', (access) => {
    expect(problemsOf({ ...base, verify: { access } }, { env })).toEqual([])
  })

  it.each([
    ['api_key', 'CLERK_SECRET_KEY'],
    ['m2m_token', 'CLERK_MACHINE_ID'],
  ])('takes %s only where %s is set', (type, name) => {
    const config = { ...base, verify: { accepts: [type] } }
    expect(problemsOf(config, { env })).toEqual([])
    const [problem, ...others] = problemsOf(config, { env: { ...env, [name]: '' } })
    expect(others).toEqual([])
    expect(problem).toMatchObject({
      place: 'verify.accepts',
      message: expect.stringContaining(name),
    })
  })

  it.each([[['password']], [[]], ['api_key']])('does not know the types %j', (accepts) => {
    const [place = ''] = placesOf({ ...base, verify: { accepts } }, { env })
    expect(place).toMatch(/^verify\.accepts/)
  })
})

describe('templates', () => {
  it('are none when nothing is said, and what is said else', () => {
    expect(gatewayOf(base).rules.templates).toEqual([])
    const named = { ...base, templates: ['hasura', 'my-api_2'] }
    expect(gatewayOf(named, { env }).rules.templates).toEqual(['hasura', 'my-api_2'])
  })

  it('need the key that makes their tokens', () => {
    const [problem, ...others] = problemsOf({ ...base, templates: ['hasura'] })
    expect(others).toEqual([])
    expect(problem).toEqual({
      place: 'templates',
      message: expect.stringContaining('CLERK_SECRET_KEY'),
    })
  })

  it.each(['a/b', '..', 'a b', '', 'a?b', 'ä', 'x'.repeat(65), '%2e'])(
    '%j is the name of none: it becomes part of an address',
    (name) => {
      expect(placesOf({ ...base, templates: [name] }, { env })).toEqual(['templates[0]'])
    },
  )
})

describe('an alias', () => {
  it.each(['token', 'diagnose', 'verify'])('may lead to %s', (surface) => {
    const { aliases } = gatewayOf({ ...base, aliases: { '/own': surface } }).rules
    expect(aliases.get('/own')).toBe(`/${surface}`)
  })
})
