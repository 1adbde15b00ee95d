import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'

/** A certificate that vouches for itself, in files. */
export interface Certificate {
  readonly keyPath: string
  readonly certificatePath: string
}

/** Makes a certificate for Usher in a folder. */
export function makeCertificate(folder: string): Certificate {
  const keyPath = join(folder, 'usher.key')
  const certificatePath = join(folder, 'usher.pem')
  const words = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', '/CN=usher.example.com'],
    ...['-addext', 'subjectAltName=DNS:usher.example.com,IP:127.0.0.1'],
    ...['-keyout', keyPath, '-out', certificatePath],
  ]
  execFileSync('openssl', words, { stdio: 'ignore' })
  return { keyPath, certificatePath }
}

/** Where proxies believe that Usher is: a port with TLS before something that speaks without. */
export interface TlsDoor {
  readonly port: number
  /** Where it leads from now on; what is open is closed. */
  readonly lead: (port: number) => void
  /** By what it is known from now on. */
  readonly show: (certificate: Certificate) => void
  /** What was last said through it. */
  readonly heard: () => string
  /** How many connections were opened since it was last asked. */
  readonly opened: () => number
  readonly stop: () => Promise<void>
}

/** Opens a door to a port of this machine. */
export async function openTlsDoor(certificate: Certificate, target: number): Promise<TlsDoor> {
  let [behind, opened, heard] = [target, 0, '']
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer(contextOf(certificate), (socket) => {
    opened += 1
    socket.on('data', (bytes: Buffer) => {
      heard = bytes.toString('latin1')
    })
    const further = keep(connect(behind, '127.0.0.1').setNoDelay())
    keep(socket).pipe(further).pipe(socket)
    socket.on('close', () => further.destroy())
    further.on('close', () => socket.destroy())
  })
  server.on('connection', keep).on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    lead(port) {
      behind = port
      hangUp()
    },
    show(next) {
      server.setSecureContext(contextOf(next))
      hangUp()
    },
    heard: () => heard,
    opened() {
      const count = opened
      opened = 0
      return count
    },
    async stop() {
      if (!server.listening) return
      hangUp()
      await once(server.close(), 'close')
    },
  }
}

function contextOf({ keyPath, certificatePath }: Certificate) {
  return { key: readFileSync(keyPath), cert: readFileSync(certificatePath) }
}
