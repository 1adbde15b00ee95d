import { describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { parseSubscriberAddress } from '../../src/events/subscriber-address.ts'
import { openOffice } from '../../src/office.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import {
  allowedAddresses,
  localAddresses,
  refusedAddresses,
} from './subscriptions-address.cases.ts'

const ownHosts = new Set(['api.usher.test', 'api.clerk.com', '.apps.usher.test'])
const verdictOn = (address: string, allowsPrivateAddresses = false) =>
  parseSubscriberAddress(address, { ownHosts, allowsPrivateAddresses }) !== undefined

describe('the address of a subscriber', () => {
  it('is public, https, and none of our own', () => {
    expect(refusedAddresses.length).toBeGreaterThan(90)
    expect(refusedAddresses.filter((address) => verdictOn(address))).toEqual([])
    expect(allowedAddresses.filter((address) => !verdictOn(address))).toEqual([])
  })

  it('may be on this machine in local mode', () => {
    expect(localAddresses.allowed.filter((address) => !verdictOn(address, true))).toEqual([])
    expect(localAddresses.refused.filter((address) => verdictOn(address, true))).toEqual([])
  })
})

describe('our own hosts', () => {
  const never = async () => {
    throw new Error('Nothing is asked here')
  }
  function hostsOf(config: Partial<GatewayConfig>, variables: Readonly<Record<string, string>>) {
    const origins = { api: { url: 'https://origin.example.com/v1' } }
    const routes = [{ path: '/**', origin: 'api', access: 'public' } as const]
    const definition = defineGateway(() => ({ origins, routes, ...config }))
    const compiled = compileGateway(definition, variables, strict)
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
    const office = openOffice({
      ...{ compiled: compiled.value, openDatabase: never, bindings: {}, network: never },
      ...{ clock: createFakeClock(), forget: () => {}, loadHandlers: async () => [] },
      ...{ allowsPrivateAddresses: false, log: console },
    })
    return [...office.ownHosts].sort()
  }

  it('are those of the gateway, of every origin and of Clerk', () => {
    const config: Partial<GatewayConfig> = {
      canonicalOrigin: 'https://gate.example.com',
      operator: { host: 'ops.example.com' },
      origins: {
        api: { url: 'https://origin.example.com:9443/v1' },
        set: {
          members: [{ url: 'https://one.example.com' }, { url: 'https://two.example.com/x' }],
        },
        bound: { service: 'BILLING' },
      },
      routes: [
        { path: '/**', origin: 'api', access: 'public' },
        { path: '/set/**', origin: 'set', access: 'public', host: '*.apps.example.com' },
        { path: '/bound/**', origin: 'bound', access: 'public', host: 'more.example.com' },
      ],
    }
    const variables = {
      CLERK_JWT_ISSUER: 'https://issuer.example.com',
      CLERK_FRONTEND_API: 'clerk.example.com',
      CLERK_API_URL: 'https://backend.example.com',
      CLERK_PROXY_URL: 'https://proxy.example.com/__clerk',
    }
    const names = ['gate', 'ops', 'origin', 'one', 'two', 'more', 'issuer', 'backend', 'proxy']
    const hosts = hostsOf(config, variables)
    expect(hosts).toEqual(expect.arrayContaining(names.map((name) => `${name}.example.com`)))
    expect(hosts).toContain('.apps.example.com')
    expect(hosts.filter((host) => host.includes(':') || host === '')).toEqual([])
  })

  it('are those of the frontends for which cookies count, where they are https', () => {
    const variables = {
      CLERK_JWT_ISSUER: 'https://clerk.example.com',
      AUTHORIZED_PARTIES: 'https://app.example.com, https://www.example.com:8443',
    }
    const hosts = hostsOf({}, variables)
    expect(hosts).toEqual(expect.arrayContaining(['app.example.com', 'www.example.com']))
    const verdict = parseSubscriberAddress('https://app.example.com/hook', {
      ownHosts: new Set(hosts),
      allowsPrivateAddresses: false,
    })
    expect(verdict).toBeUndefined()
  })

  it("are Clerk's public ones where nothing else is said", () => {
    const variables = { CLERK_JWT_ISSUER: 'https://clerk.example.com' }
    const names = ['api.clerk.com', 'clerk.example.com', 'origin.example.com']
    expect(hostsOf({}, variables)).toEqual(names)
    expect(hostsOf({ hosts: ['gate.example.com:8443'] }, variables)).toEqual(
      [...names, 'gate.example.com'].sort(),
    )
  })
})
