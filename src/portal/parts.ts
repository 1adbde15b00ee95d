import type { Rules } from '../model/route.ts'
import type { Instance } from './frontend.ts'

/** What the portal needs of the world. */
export interface PortalParts {
  readonly rules: Rules
  readonly instance: Instance
  /** What the cookies of the instance end in. */
  readonly cookieSuffix: () => Promise<string | undefined>
}

/** What the portal has once it is known to be complete. */
export interface Portal extends PortalParts {
  readonly instance: Instance & { readonly publishableKey: string }
}
