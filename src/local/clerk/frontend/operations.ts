import type { FrontendOperation } from './api.ts'
import { wellKnownOperations } from './well-known.ts'

/** Every operation of the Frontend API that works here. */
export const frontendOperations: readonly FrontendOperation[] = [...wellKnownOperations]
