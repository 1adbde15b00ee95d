import { compileGateway } from './config/compile.ts'
import type { Problem } from './config/problem.ts'
import { strict } from './config/relaxations.ts'
import { type Env, furnishHouse, type House, type OpenHouse } from './deps.ts'
import { type Gateway, walk } from './gateway/pipeline.ts'
import { shut } from './gateway/shut.ts'
import type { Job } from './model/job.ts'
import { err, ok, type Result } from './model/result.ts'
import { checkMembers } from './proxy/set-opening.ts'
import type { TaskCapabilities } from './tasks/capabilities.ts'

/**
 * The front door: opens the house once per isolate and shows every request to the gateway. A house
 * whose configuration is wrong stays shut: 503 with one fixed sentence for all but `livez`, and the
 * list of problems in the log.
 */
export function frontDoor(furnish: (env: Env) => House): {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>
  /** What there is to do once a minute. */
  scheduled(env: Env): Promise<void>
  /** Jobs of the queue. */
  queue(batch: MessageBatch<Job>, env: Env): Promise<void>
  /** What Workers of the same account call; `undefined` while the house stays shut. */
  open(env: Env): Gateway | undefined
  /** What works behind the requests; `undefined` while the house stays shut. */
  openOffice(env: Env): TaskCapabilities | undefined
} {
  let opened: Result<OpenHouse, readonly Problem[]> | undefined
  function openIn(env: Env): OpenHouse | undefined {
    opened ??= openHouse(furnish(env), env)
    return opened.ok ? opened.value : undefined
  }
  return {
    fetch(request, env, context) {
      const house = openIn(env)
      return house ? walk(request, context, house.gateway) : Promise.resolve(shut(request))
    },
    async scheduled(env) {
      const house = openIn(env)
      if (house === undefined) return
      const { tidy } = await import('./events/tidying.ts')
      const { reconcileIfDue } = await import('./tasks/sync.ts')
      const chores = [
        checkMembers(house.gateway, env.KV),
        tidy(house.office),
        reconcileIfDue(house.office),
      ]
      for (const chore of await Promise.allSettled(chores)) {
        if (chore.status === 'rejected') house.office.logFault('cron', chore.reason)
      }
    },
    async queue(batch, env) {
      const house = openIn(env)
      if (house === undefined) throw new Error('The configuration is wrong')
      const { consume } = await import('./events/consumer.ts')
      await consume(batch, house.office)
    },
    open: (env) => openIn(env)?.gateway,
    openOffice: (env) => openIn(env)?.office,
  }
}

/** Turns bindings and configuration into the capabilities that the gateway works with. */
export function openHouse(house: House, env: Env): Result<OpenHouse, readonly Problem[]> {
  const { relaxations = strict, log = console } = house
  const compiled = compileGateway(house.definition, env, relaxations)
  const problems = compiled.ok ? [] : [...compiled.error]
  for (const name of ['KV', 'DB']) {
    if (env[name] === undefined)
      problems.push({ place: name, message: `Bind ${name} in wrangler.toml.` })
  }
  if (!compiled.ok || problems.length > 0) {
    for (const { place, message } of problems) log.error(`${place}: ${message}`)
    return err(problems)
  }
  const warnings = house.lint?.(compiled.value, relaxations) ?? []
  for (const { place, message } of warnings) log.warn(`${place}: ${message}`)
  return ok(furnishHouse(compiled.value, { house, env, relaxations }))
}
