import { html } from 'hono/html'
import { isLive } from '../kernel/live-session.ts'
import type { Session } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { type Person, peopleOf } from './log-views.ts'
import { older, shownMax } from './messages-page.ts'
import { button, type Markup, when } from './page.ts'

/** Everybody, with what an administrator may do to them. */
export function peoplePage(world: World): Markup {
  const people = peopleOf(world)
  if (people.length === 0) return html`<p class="none">Nobody is here.</p>`
  const nowMs = world.clock.now()
  return html`${people.slice(0, shownMax).map((person) => section(person, nowMs))}${older(people.length)}`
}

function section({ user, address, sessions }: Person, nowMs: number): Markup {
  const { id, firstName, lastName, username, isBanned } = user
  const name = [firstName, lastName].filter((part) => part !== null).join(' ')
  const live = sessions.filter((session) => isLive(session, nowMs))
  return html`<h2>${name || username || address || id}${isBanned && html` <span class="state banned">banned</span>`}</h2>
<ul class="list"><li><div>${address ?? 'no address'}<p class="soft"><code>${id}</code></p></div>
${button('ban', isBanned ? 'Let in again' : 'Ban', { userId: id, isBanned: !isBanned })}</li>
${live.map((session) => sessionRow(session, nowMs))}
${live.length === 0 && html`<li><span class="soft">Not signed in anywhere.</span></li>`}</ul>`
}

function sessionRow(session: Session, nowMs: number): Markup {
  const { id, clientId, lastActiveAt, expireAt } = session
  return html`<li><div>Session ${clientId === null ? 'without a browser' : 'of a browser'}
<p class="soft"><code>${id}</code><br>active ${when(lastActiveAt, nowMs)}, ends ${when(expireAt, nowMs)}</p></div>
${button('revoke', 'Revoke', { sessionId: id })}</li>`
}
