/** A sound config and a sound environment; each test spoils what it is about. */
import { compileGateway, type Gateway } from '../../src/config/compile.ts'
import type { ConfigEnvironment, GatewayConfig } from '../../src/config/define.ts'
import { lint } from '../../src/config/lint.ts'
import type { Problem } from '../../src/config/problem.ts'
import { type Relaxations, strict } from '../../src/config/relaxations.ts'

export const signingKey = JSON.stringify({
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      kid: 'one',
      state: 'current',
      x: 'x'.repeat(43),
      y: 'y'.repeat(43),
      d: 'd'.repeat(43),
    },
  ],
})

export const publishableKey = 'pk_test_Y2xlcmsuY2xlcmsuZGV2JA'

export const variables = {
  ORIGIN_URL: 'https://api.example.com',
  CLERK_PUBLISHABLE_KEY: publishableKey,
  USHER_SIGNING_KEY: signingKey,
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${'A'.repeat(32)}`,
}

export const local: Relaxations = {
  plainAddresses: true,
  standInKeys: true,
  openDiagnosis: true,
  operatorAnywhere: true,
}

/** Compiles a config that may be as wrong as it likes. */
export function compile(
  config: unknown | ((env: ConfigEnvironment) => unknown),
  {
    env = variables,
    relaxations = strict,
  }: { env?: Record<string, unknown>; relaxations?: Relaxations } = {},
) {
  const factory = typeof config === 'function' ? config : () => config
  return compileGateway({ factory: factory as () => GatewayConfig }, env, relaxations)
}

/** The gateway, or a failure that shows the problems. */
export function gatewayOf(
  ...args: Parameters<typeof compile>
): Gateway & { readonly warnings: readonly Problem[] } {
  const compiled = compile(...args)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error, null, 2))
  const [, { relaxations = strict } = {}] = args
  return { ...compiled.value, warnings: lint(compiled.value, relaxations) }
}

/** The problems; none when it compiles. */
export function problemsOf(...args: Parameters<typeof compile>): readonly Problem[] {
  const compiled = compile(...args)
  return compiled.ok ? [] : compiled.error
}

/** The places of the problems; none when it compiles. */
export function placesOf(...args: Parameters<typeof compile>): readonly string[] {
  return problemsOf(...args).map(({ place }) => place)
}

/** A config of these routes on one origin. A route may be given by its path alone. */
export function withRoutes(...routes: readonly (string | Record<string, unknown>)[]) {
  return {
    origins: { api: { url: 'https://api.example.com' } },
    routes: routes.map((route) =>
      typeof route === 'string'
        ? { path: route, origin: 'api' }
        : { path: '/**', origin: 'api', ...route },
    ),
  }
}
