import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isThere, type OriginProcess, startOriginProcess } from '../origins/origin-process.ts'
import { fileOf } from './page.ts'

/** What a proxy stands between, and whom it trusts. */
export interface Surroundings {
  readonly folder: string
  readonly usherPort: number
  readonly apiPort: number
  readonly certificatePath: string
}

/** A proxy of Debian's, run with the files of the page. */
export interface Proxy {
  readonly name: string
  readonly isHere: boolean
  readonly start: (around: Surroundings) => Promise<OriginProcess>
  /** What a client gets where Usher cannot be asked, and where it answers 500. */
  readonly statusWhenDead: number
  readonly statusWhenBroken: number
  /** What a client gets whose request line names one host and whose `Host` another. */
  readonly statusOfTwoHosts: number
  /** Whether its files, as they stand, take HTTP/2 without TLS. */
  readonly speaksHttp2: boolean
  /** Whether a WebSocket without a key is told to Usher as one; else it goes on as a plain request. */
  readonly tellsOfEverySocket: boolean
  /** Whether an API sees a header that is empty; nginx leaves it out. */
  readonly sendsEmptyHeaders: boolean
}

/** The secret as the page writes it. */
export const callerSecret = 'change-me-it-is-at-least-32-characters-long'

const usherAddress = 'usher.example.com:443'
const environment = { USHER_CALLER_SECRET: callerSecret }

function startNginx({ folder, usherPort, apiPort, certificatePath }: Surroundings) {
  const secretPath = join(folder, 'usher-caller.conf')
  writeFileSync(secretPath, fileOf('usher-caller.conf', {}))
  return startOriginProcess((port) => {
    const server = fileOf('usher-nginx.conf', {
      [usherAddress]: `127.0.0.1:${usherPort}`,
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:3000': `127.0.0.1:${apiPort}`,
      '/etc/ssl/certs/ca-certificates.crt': certificatePath,
      '/etc/nginx/usher-caller.conf': secretPath,
    })
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((what) => `${what}_temp_path ${folder}/${what};`)
      .join('\n')
    const around = 'daemon off; master_process off; pid nginx.pid; error_log stderr; events {}'
    const whole = `${around}\nhttp { access_log off;\n${temporary}\n${server}}\n`
    writeFileSync(join(folder, 'nginx.conf'), whole)
    const words = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']
    return { command: '/usr/sbin/nginx', words, folder, variables: {} }
  })
}

function startCaddy({ folder, usherPort, apiPort, certificatePath }: Surroundings) {
  return startOriginProcess((port) => {
    const site = fileOf('Caddyfile', {
      'https://app.example.com': `http://app.example.com:${port}`,
      'https://usher.example.com': `https://127.0.0.1:${usherPort}`,
      '127.0.0.1:3000': `127.0.0.1:${apiPort}`,
    })
    const alone = site.replace('{\n', '{\n\tdefault_bind 127.0.0.1\n')
    writeFileSync(join(folder, 'Caddyfile'), alone)
    const words = ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
    const own = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, SSL_CERT_FILE: certificatePath }
    const variables = { ...environment, ...own }
    return { command: '/usr/bin/caddy', words, folder, variables }
  })
}

function startHaproxy(around: Surroundings, change = (script: string) => script) {
  const { folder, usherPort, apiPort, certificatePath } = around
  const scriptPath = join(folder, 'usher.lua')
  const socket = { 'abns@usher': `abns@usher-${usherPort}` }
  writeFileSync(scriptPath, change(fileOf('usher.lua', socket)))
  return startOriginProcess((port) => {
    const whole = fileOf('haproxy.cfg', {
      ...socket,
      [usherAddress]: `127.0.0.1:${usherPort}`,
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:3000': `127.0.0.1:${apiPort}`,
      '/etc/ssl/certs/ca-certificates.crt': certificatePath,
      '/etc/haproxy/usher.lua': scriptPath,
    })
    writeFileSync(join(folder, 'haproxy.cfg'), whole)
    const words = ['-db', '-f', 'haproxy.cfg']
    return { command: '/usr/sbin/haproxy', words, folder, variables: environment }
  })
}

/** HAProxy with a script that is not quite the page's. */
export function startHaproxyWith(
  change: (script: string) => string,
  around: Surroundings,
): Promise<OriginProcess> {
  return startHaproxy(around, change)
}

const hasOpenssl = isThere('openssl', ['openssl', 'version'])
const isInstalled = (name: string, command: readonly string[]) =>
  isThere(name, command) && hasOpenssl

/** The proxies whose files the page shows. */
export const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    isHere: isInstalled('nginx', ['/usr/sbin/nginx', '-v']),
    start: startNginx,
    statusWhenDead: 500,
    statusWhenBroken: 500,
    statusOfTwoHosts: 200,
    speaksHttp2: false,
    tellsOfEverySocket: true,
    sendsEmptyHeaders: false,
  },
  {
    name: 'Caddy',
    isHere: isInstalled('Caddy', ['/usr/bin/caddy', 'version']),
    start: startCaddy,
    statusWhenDead: 502,
    statusWhenBroken: 500,
    statusOfTwoHosts: 200,
    speaksHttp2: false,
    tellsOfEverySocket: false,
    sendsEmptyHeaders: true,
  },
  {
    name: 'HAProxy',
    isHere: isInstalled('HAProxy', ['/usr/sbin/haproxy', '-v']),
    start: (around) => startHaproxy(around),
    statusWhenDead: 503,
    statusWhenBroken: 500,
    statusOfTwoHosts: 400,
    speaksHttp2: true,
    tellsOfEverySocket: true,
    sendsEmptyHeaders: true,
  },
]
