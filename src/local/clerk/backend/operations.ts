import type { BackendOperation } from './api.ts'

/** Every operation of the Backend API that works here. */
export const backendOperations: readonly BackendOperation[] = []
