import { html } from 'hono/html'
import type { Message } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { messagesTo } from './log-views.ts'
import { type Markup, when } from './page.ts'

/** So many rows are shown; programs get all. */
export const shownMax = 100

/** What would have been sent, newest first. */
export function messagesPage(world: World): Markup {
  const messages = messagesTo(world, {})
  if (messages.length === 0) {
    return html`<p class="none">No message yet. Codes and links appear here as soon as somebody asks for one.</p>`
  }
  const nowMs = world.clock.now()
  return html`<ul class="list">${messages.slice(0, shownMax).map((one) => row(one, nowMs))}</ul>
${older(messages.length)}`
}

/** A line that says how much more there is. */
export function older(count: number): Markup {
  return count > shownMax ? html`<p class="soft">And ${count - shownMax} older ones.</p>` : html``
}

function row({ channel, to, subject, code, link, createdAt }: Message, nowMs: number): Markup {
  return html`<li><div><strong>${to}</strong>
<p>${subject}</p><p class="soft">${channel === 'email' ? 'E-mail' : 'Text message'}, ${when(createdAt, nowMs)}</p></div>
<div class="act">${code !== null && codeOf(code)}${link !== null && linkTo(link)}</div></li>`
}

function codeOf(code: string): Markup {
  return html`<span class="code">${code}</span><button type="button" data-copy="${code}">Copy</button>`
}

function linkTo(link: string): Markup {
  const isFollowed = /^https?:\/\//i.test(link)
  return isFollowed
    ? html`<a href="${link}" rel="noreferrer">Open the link</a><button type="button" data-copy="${link}">Copy</button>`
    : html`<code>${link}</code>`
}
