import type { Network } from './asking.ts'

/** The network and the clock of this machine. */
export const machineNetwork: Network = {
  send: (request) => fetch(request),
  clock: {
    now: () => Date.now(),
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
  },
}
