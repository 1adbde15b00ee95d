import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { projectRoot } from './keyring.ts'

/** `/npm/@clerk/clerk-js@6/dist/clerk.browser.js`: a package, any version, and a file without a folder. */
const scriptPath = /^\/npm\/@clerk\/(clerk-js|ui)@[\w.-]+\/dist\/([\w.-]+\.js)$/

/**
 * Serves Clerk's own scripts for browsers out of `node_modules`, to the stand-in alone: on a free port of this
 * machine, for as long as this process lives. Gives its address.
 */
export async function serveScripts(): Promise<string> {
  const server = createServer((request, response) => {
    const [, name, file] = scriptPath.exec(request.url ?? '') ?? []
    if (name === undefined || file === undefined) return void response.writeHead(404).end()
    const stream = createReadStream(join(projectRoot, 'node_modules/@clerk', name, 'dist', file))
    stream.once('open', () => response.writeHead(200, { 'content-type': 'text/javascript' }))
    stream.once('error', () => response.writeHead(404).end())
    stream.pipe(response)
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}
