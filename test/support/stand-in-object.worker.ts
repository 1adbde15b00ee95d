import type { StandInEnv } from '../../src/local/clerk/object.ts'

export { ClerkStandIn } from '../../src/local/clerk/object.ts'

interface Env extends StandInEnv {
  readonly OBJECTS: DurableObjectNamespace
}

/** The object that the stand-in lives in, and nothing around it. */
export default {
  fetch: (request, { OBJECTS }) => OBJECTS.get(OBJECTS.idFromName('clerk')).fetch(request),
} satisfies ExportedHandler<Env>
