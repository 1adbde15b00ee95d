/** How the outbox looks: one column, in the light and in the dark, on a desk and in a hand. */
export const stylesheet = `
:root { color-scheme: light dark;
  --ink: light-dark(#1c2024, #e6e8ea); --soft: light-dark(#5f6670, #9aa2ac);
  --paper: light-dark(#f5f6f7, #14171a); --card: light-dark(#fff, #1d2125);
  --line: light-dark(#dfe2e6, #31373d); --accent: light-dark(#0b6b5d, #5ac8b4);
  --good: light-dark(#1a6b35, #7bd193); --bad: light-dark(#a3271b, #ff9a8d);
  --warn-ink: light-dark(#5c3d00, #ffdf9e); --warn: light-dark(#fff3d6, #3a2d10); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.25rem; } main { padding-top: .5rem; }
h1 { font-size: 1.25rem; margin: 0; } h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: .25rem 0; } .soft, footer { color: var(--soft); font-size: .875rem; }
footer { padding-block: 2rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0;
  border-bottom: 1px solid var(--line); }
nav a { padding: .5rem 0; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
a { color: var(--accent); }
.broken { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  margin: 1rem 0 0; padding: .75rem 1rem; border-radius: .5rem; background: var(--warn); color: var(--warn-ink); }
.broken ul { margin: 0; padding-left: 1.2rem; }
.list { list-style: none; margin: 1rem 0; padding: 0; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
.list > li { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
  gap: .5rem 1.5rem; padding: .75rem 1rem; border-top: 1px solid var(--line); }
.list > li:first-child { border-top: 0; }
.list > li > :first-child { flex: 1 1 18rem; min-width: 0; }
.act { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
code, pre, .code { font-family: ui-monospace, monospace; }
.code { font-size: 1.75rem; line-height: 1.2; letter-spacing: .12em; }
pre { margin: .5rem 0; padding: 1rem; overflow-x: auto; white-space: pre-wrap; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; font-size: .8125rem; }
button, input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .375rem; padding: .3rem .7rem; }
input[type=number] { width: 7rem; }
button { cursor: pointer; } button:hover { border-color: var(--accent); }
button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; }
.state { font-size: .8125rem; font-weight: 600; }
.delivered { color: var(--good); } .failed, .banned { color: var(--bad); } .pending { color: var(--soft); }
.none { padding: 2rem 1rem; text-align: center; color: var(--soft); }
`

/**
 * Keeps the page as it is now, copies codes, and leaves everything alone while somebody works with it. Without
 * it the page is as good, save that one reloads it.
 */
export const script = `
const everyMs = 2500
addEventListener('click', (event) => {
  const button = event.target.closest?.('button[data-copy]')
  if (!button) return
  navigator.clipboard?.writeText(button.dataset.copy).then(() => { button.textContent = 'Copied' })
})
setInterval(async () => {
  const isAtWork = document.querySelector('main :focus-visible') || String(getSelection()) !== ''
  if (document.hidden || isAtWork) return
  const answer = await fetch(location.href).catch(() => undefined)
  if (!answer?.ok) return
  const text = await answer.text()
  // Without its head: the styles in it are there already.
  const next = new DOMParser().parseFromString(text.slice(text.indexOf('<body>')), 'text/html')
  for (const part of ['header', 'main']) {
    const [shown, now] = [document.querySelector(part), next.querySelector(part)]
    if (shown.innerHTML !== now.innerHTML) shown.replaceWith(now)
  }
}, everyMs)
`
