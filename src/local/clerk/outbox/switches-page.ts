import { html } from 'hono/html'
import type { World } from '../kernel/world.ts'
import { button, type Markup } from './page.ts'
import { fateWords, webhookFates } from './switchboard.ts'

const minuteMs = 60_000

/** What can be broken on purpose. It stays broken, also over a restart, until it is mended. */
export function switchesPage(world: World): Markup {
  const { faults, clock } = world
  return html`<h2>Clerk</h2><ul class="list">
${toggle('down', faults.down, ['Both APIs are down', 'Everything answers 503.'])}
${toggle('keysDown', faults.keysDown, ['Keys are down', 'The key endpoints answer 503; the rest works.'])}
${toggle('tooMany', faults.tooMany, ['Too many requests', 'Everything answers 429 with Retry-After.'])}
<li><div>Slow<p class="soft">Every answer waits for so many milliseconds.</p></div>${amount('slowMs', faults.slowMs, [0, 60_000])}</li>
<li><div>Signing keys<p class="soft">Rotate with the old one still published, or forget it: then what it signed is refused.</p></div>
<div class="act">${button('switches', 'Rotate', { keys: 'rotate' })}${button('switches', 'Rotate and forget', { keys: 'rotate-and-forget' })}
${button('switches', 'Back to the first', { keys: 'restore' })}</div></li></ul>
<h2>Time</h2><ul class="list">
<li><div>Skew of tokens<p class="soft">Tokens are dated so many seconds ahead, or back where negative.</p></div>${amount('tokenSkewSeconds', faults.tokenSkewSeconds, [-86_400, 86_400])}</li>
<li><div>Clock of the stand-in<p class="soft">It shows ${new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC. Codes expire and webhooks are tried again by it.</p></div>
<div class="act">${turn('−5 min', -5)}${turn('+1 min', 1)}${turn('+5 min', 5)}${turn('+1 day', 24 * 60)}
${clock.turnedMs !== 0 && button('switches', 'Set right', { turnClockMs: -clock.turnedMs })}</div></li></ul>
<h2>Webhooks come …</h2><ul class="list"><li><div class="act">${webhookFates.map((fate) => fateButton(fate, faults.webhooks))}</div></li></ul>
<p class="soft">Sessions are revoked and users banned on the page <a href="people">People</a>.</p>`
}

function toggle(
  name: 'down' | 'keysDown' | 'tooMany',
  isOn: boolean,
  [title, meaning]: readonly [string, string],
): Markup {
  return html`<li><div>${title}<p class="soft">${meaning}</p></div>${choice(
    isOn ? 'Mend' : 'Break',
    isOn,
    {
      [name]: !isOn,
    },
  )}</li>`
}

function fateButton(fate: (typeof webhookFates)[number], current: string): Markup {
  return choice(fateWords[fate], fate === current, { webhooks: fate })
}

/** A button that shows whether what it does is so already. */
function choice(
  name: string,
  isOn: boolean,
  members: Readonly<Record<string, string | boolean>>,
): Markup {
  const fields = Object.entries(members).map(
    ([member, value]) => html`<input type="hidden" name="${member}" value="${String(value)}">`,
  )
  return html`<form method="post" action="switches">${fields}<button aria-pressed="${String(isOn)}">${name}</button></form>`
}

function amount(
  name: string,
  value: number,
  [min, max]: readonly [min: number, max: number],
): Markup {
  return html`<form method="post" action="switches"><input type="number" name="${name}" aria-label="${name}" value="${value}" min="${min}" max="${max}" required><button>Set</button></form>`
}

function turn(name: string, minutes: number): Markup {
  return button('switches', name, { turnClockMs: minutes * minuteMs })
}
