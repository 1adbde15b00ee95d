import type { ClerkSettings } from '../config/environment.ts'
import type { Clock } from '../model/clock.ts'
import { lazily } from '../model/lazily.ts'
import type { ReadBrowserState } from './browser-state.ts'
import type { Exchange } from './exchange.ts'
import type { ProxyFrontendApi } from './frontend-api-proxy.ts'
import { cookieSuffixOf, type Issuer, isProductionKey } from './issuer.ts'
import { createKeyRing, type KeyStore } from './key-ring.ts'
import { askSources, type Send } from './key-source.ts'
import type { VerifyOpaque } from './opaque.ts'
import { createPemRing } from './pem.ts'

/** How Clerk is reached, and where its keys are kept. */
export interface Surroundings {
  readonly network: Send
  readonly clock: Clock
}

/** One Clerk instance, as far as the gateway needs it. */
export interface OpenedClerk {
  readonly issuer: Issuer
  readonly verifyOpaque: VerifyOpaque
  readonly exchange: Exchange
  /** `undefined` where the environment does not say what it takes. */
  readonly proxyFrontendApi: ProxyFrontendApi | undefined
  readonly readBrowserState: ReadBrowserState
}

/** What the gateway needs of one Clerk instance; what only some routes need is loaded when it is first used. */
export function openClerk(
  clerk: ClerkSettings,
  { store, ...surroundings }: Surroundings & { readonly store: KeyStore },
): OpenedClerk {
  const issuer = openIssuer(clerk, { store, ...surroundings })
  return {
    issuer,
    verifyOpaque: openOpaque(clerk, surroundings),
    exchange: openExchange(clerk, surroundings),
    proxyFrontendApi: openFrontendApi(clerk, surroundings),
    readBrowserState: openBrowserState(clerk, { issuer, ...surroundings }),
  }
}

function openIssuer(
  clerk: ClerkSettings,
  { store, network, clock }: Surroundings & { readonly store: KeyStore },
): Issuer {
  const { issuers, authorizedParties, audiences, machineId, jwtKey, keySources } = clerk
  const keys = jwtKey
    ? createPemRing(jwtKey)
    : createKeyRing({ ask: askSources(keySources, network, clock), store, clock })
  const cookieSuffix = cookieSuffixOf(clerk.publishableKey)
  const isProduction = isProductionKey(clerk.publishableKey)
  return { issuers, authorizedParties, audiences, machineId, keys, cookieSuffix, isProduction }
}

function openOpaque(
  { apiUrl, secretKey, machineId, machineSecretKey, audiences }: ClerkSettings,
  { network, clock }: Surroundings,
): VerifyOpaque {
  const parts = { apiUrl, secretKey, machineId, machineSecretKey, audiences }
  return lazily(async () => {
    const { createOpaqueVerifier } = await import('./opaque.ts')
    return createOpaqueVerifier({ ...parts, send: network, clock })
  })
}

function openExchange(
  { apiUrl, secretKey }: ClerkSettings,
  { network, clock }: Surroundings,
): Exchange {
  return lazily(async () => {
    const { createExchange } = await import('./exchange.ts')
    return createExchange({ apiUrl, secretKey, send: network, clock })
  })
}

function openFrontendApi(
  { proxyUrl, publishableKey, secretKey, frontendApiUrl }: ClerkSettings,
  { clock }: Surroundings,
): ProxyFrontendApi | undefined {
  if (proxyUrl === undefined || publishableKey === undefined || secretKey === undefined) {
    return undefined
  }
  const parts = { proxyUrl, publishableKey, secretKey, frontendApiUrl, clock }
  return lazily(async () => {
    const { createFrontendApiProxy } = await import('./frontend-api-proxy.ts')
    return createFrontendApiProxy(parts)
  })
}

function openBrowserState(
  clerk: ClerkSettings,
  { issuer, network, clock }: Surroundings & { readonly issuer: Issuer },
): ReadBrowserState {
  return lazily(async () => {
    const { createBrowserStateReader } = await import('./browser-state.ts')
    return createBrowserStateReader({ issuer, clerk, apiUrl: clerk.apiUrl, send: network, clock })
  })
}
