import type { Call } from '../api/capabilities.ts'
import { refuseCall } from '../api/room.ts'
import { digestOf } from '../model/digest.ts'
import clientScript from './assets/client.js' with { type: 'text' }
import pageStyle from './assets/page.css' with { type: 'text' }
import pageScript from './assets/page.js' with { type: 'text' }
import { frontendOf } from './frontend.ts'
import { json } from './markup.ts'
import type { Portal } from './parts.ts'

interface File {
  readonly text: string
  readonly type: string
  readonly caching: string
}

const script = 'text/javascript; charset=utf-8'

/** Browsers ask each time whether theirs is still the one, as pages and files go together. */
const caching = 'no-cache'

/** The files of the pages. They are texts in the Worker: assets of the platform would put its router before the gateway. */
const files: ReadonlyMap<string, File> = new Map([
  ['page.js', { text: pageScript, type: script, caching }],
  ['page.css', { text: pageStyle, type: 'text/css; charset=utf-8', caching }],
])

/** Pages that begin within five minutes share one copy of the script, whatever was deployed meanwhile. */
const clientCaching = 'public, max-age=300'

/** A file of the pages. */
export async function answerAsset(call: Call, name: string): Promise<Response> {
  const file = files.get(name)
  return file === undefined ? refuseCall(call, { code: 'route-unknown' }) : give(call, file)
}

/** The script for pages of origins: a line with what it has to know, and the file. */
export async function answerClientScript(call: Call, portal: Portal): Promise<Response> {
  const { prefix, pages, signInUrl } = portal.rules
  const settings = json({
    prefix,
    api: frontendOf(portal.instance, new URL(call.request.url).origin).base,
    suffix: (await portal.cookieSuffix()) ?? '',
    signInUrl: signInUrl ?? (pages === undefined ? '' : `${prefix}/sign-in`),
    hasPages: pages !== undefined,
    home: pages?.home ?? '/',
  })
  const text = `globalThis.usherSettings = ${settings}\n${clientScript}`
  return give(call, { text, type: script, caching: clientCaching })
}

async function give({ request }: Call, { text, type, caching }: File): Promise<Response> {
  const tag = `"${await digestOf(text)}"`
  const headers = {
    'content-type': type,
    'cache-control': caching,
    etag: tag,
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  }
  // What compresses on the way weakens a tag (RFC 9110 section 8.8.3), and it is the same file.
  const known = request.headers.get('if-none-match')?.split(',') ?? []
  const isKnown = known.some((one) => one.trim().replace(/^W\//, '') === tag)
  return isKnown ? new Response(null, { status: 304, headers }) : new Response(text, { headers })
}
