import { resolve } from 'node:path'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'

/** The folder of the project, with a trailing slash. */
export const projectPath = `${resolve(import.meta.dirname, '../..')}/`

/**
 * What `wrangler.toml` gives the production Worker: compatibility date and bindings. Variables are left
 * out, because wrangler adds those of a developer's own `.dev.vars`, and a proof must not depend on them.
 */
export function productionPlatform() {
  const { bindings: _developers, ...platform } = unstable_getMiniflareWorkerOptions(
    `${projectPath}wrangler.toml`,
  ).workerOptions
  return platform
}

/** A Worker without the classes and handlers of production's entry has nothing that works behind its requests. */
export const nothingBehind = { workflows: {}, queueProducers: {}, queueConsumers: {} }
