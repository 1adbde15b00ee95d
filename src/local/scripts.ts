import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { projectRoot } from './keyring.ts'

/** `/npm/@clerk/clerk-js@6/dist/clerk.browser.js`: a package, any version, and a file without a folder. */
const scriptPath = /^\/npm\/@clerk\/(clerk-js|ui)@([\w.-]+)\/dist\/([\w.-]+\.js)$/

/** Files whose name says what is in them: `10_clerk.browser_c4cc57_6.34.1.js`. */
const namedByContent = /_[0-9a-f]{6}_\d+\.\d+\.\d+\.js$/

const forAYear = 'public, max-age=31536000, immutable'
/** What another `npm install` makes another: asked about again after a minute. */
const forAMinute = 'public, max-age=60'

/**
 * Serves Clerk's own scripts for browsers out of `node_modules`, to the stand-in alone: on a free port of this
 * machine, for as long as this process lives. Gives its address.
 */
export async function serveScripts(): Promise<string> {
  const server = createServer((request, response) => {
    serveScript(request, response).catch(() => response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

async function serveScript(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, name, wanted, file] = scriptPath.exec(request.url ?? '') ?? []
  if (name === undefined || file === undefined) return void response.writeHead(404).end()
  const folder = join(projectRoot, 'node_modules/@clerk', name)
  const version = await versionIn(folder)
  const etag = `"${version}"`
  const stays = wanted === version || namedByContent.test(file)
  const caching = { 'cache-control': stays ? forAYear : forAMinute, etag }
  const stream = createReadStream(join(folder, 'dist', file))
  stream.once('error', () => response.writeHead(404).end())
  stream.once('open', () => {
    if (request.headers['if-none-match'] === etag) {
      stream.destroy()
      return void response.writeHead(304, caching).end()
    }
    response.writeHead(200, { 'content-type': 'text/javascript', ...caching })
    stream.pipe(response)
  })
}

async function versionIn(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version
}
