import { html } from 'hono/html'
import { notFound } from '../kernel/complaint.ts'
import type { Delivery } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { gatewaysIntake } from '../webhooks/gateways-intake.ts'
import { deliveriesOf } from './log-views.ts'
import { older, shownMax } from './messages-page.ts'
import { button, type Markup, when } from './page.ts'

/** The log of webhooks, newest first. */
export function webhooksPage(world: World): Markup {
  const deliveries = deliveriesOf(world, {})
  const failed = deliveries.filter(({ state }) => state === 'failed').length
  const nowMs = world.clock.now()
  const { webhook, applicationOrigin } = world.settings
  return html`<p class="soft">To ${webhook?.url ?? 'nobody: no address is set'}</p>
${webhook?.url === gatewaysIntake(applicationOrigin) && html`<p class="soft">The gateway keeps its records by them. To have them yourself, write <code>LOCAL_CLERK_WEBHOOK_URL=</code> and an address of your own into <code>src/local/.dev.vars</code>, and start again: its records then follow no more.</p>`}
${failed > 0 && button('replay', `Send the ${failed} failed again`, { failed: true })}
${deliveries.length === 0 && html`<p class="none">Nothing has happened yet.</p>`}
${deliveries.length > 0 && html`<ul class="list">${deliveries.slice(0, shownMax).map((one) => row(one, nowMs))}</ul>`}
${older(deliveries.length)}`
}

function row(delivery: Delivery, nowMs: number): Markup {
  const { id, type, createdAt } = delivery
  return html`<li><div><a href="webhooks?id=${encodeURIComponent(id)}"><code>${type}</code></a>
<p class="soft">${when(createdAt, nowMs)}</p></div>${standing(delivery, nowMs)}</li>`
}

function standing({ id, state, attempts, nextAttemptAt }: Delivery, nowMs: number): Markup {
  const last = attempts.at(-1)
  const tries = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`
  return html`<div class="act"><span><span class="state ${state}">${state}</span>
<span class="soft">${tries}${last?.error != null && `, ${last.error}`}${nextAttemptAt !== null && html`, next ${due(nextAttemptAt, nowMs)}`}</span></span>
${button('replay', 'Send again', { id })}</div>`
}

function due(at: number, nowMs: number): Markup {
  return at <= nowMs ? html`now` : when(at, nowMs)
}

/** One webhook: what was sent, and what came of it. */
export function webhookPage(world: World, id: string): Markup {
  const delivery = world.state.deliveries.get(id)
  if (delivery === undefined) throw notFound('No webhook of this id is in the log.')
  const nowMs = world.clock.now()
  const { type, body, attempts } = delivery
  return html`<p><a href="webhooks">All webhooks</a></p><h2><code>${type}</code></h2>
<p class="soft">svix-id: <code>${id}</code></p>${standing(delivery, nowMs)}
<h2>Attempts</h2><ul class="list">${attempts.map(
    ({ at, status, error }) => html`<li><span>${when(at, nowMs)}</span>
<span class="state ${error === null ? 'delivered' : 'failed'}">${error ?? `answered ${status}`}</span></li>`,
  )}${attempts.length === 0 && html`<li><span>None yet.</span></li>`}</ul>
<h2>Body</h2><pre>${JSON.stringify(JSON.parse(body), null, 2)}</pre>`
}
