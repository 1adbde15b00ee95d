import type { UsherChecks } from '../../src/checks/calls.ts'

// A Worker with pages of its own, which asks Usher who wants to see them: its side of a service binding.

interface Env {
  readonly USHER: UsherChecks
  /** Bound without the name of a caller, and under one that nobody knows. */
  readonly NAMELESS: UsherChecks
  readonly STRANGER: UsherChecks
  /** An Usher whose configuration is wrong. */
  readonly SHUT: UsherChecks
}

/** Under this host it asks about requests that are described to it. */
const decideHost = 'decide.usher.test'

export default {
  async fetch(request, env) {
    const usher = env[bindingOf(request)]
    if (new URL(request.url).hostname === decideHost) {
      return Response.json(await usher.decide(await request.json()))
    }
    // A body would go along with the request, and be gone from here.
    const asked = await usher.authenticate(new Request(request, { body: null }))
    if (!asked.allowed) return new Response(asked.body, asked)
    const { route, principal, headers } = asked
    return Response.json({ route, principal, headers, body: await request.text() })
  },
} satisfies ExportedHandler<Env>

/** Which of its bindings a test wants to see used. */
function bindingOf(request: Request): keyof Env {
  const name = request.headers.get('x-binding')
  return name === 'NAMELESS' || name === 'STRANGER' || name === 'SHUT' ? name : 'USHER'
}
