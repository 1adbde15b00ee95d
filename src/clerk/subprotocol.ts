import type { HeaderReader } from '../model/asking.ts'
import { isWebSocket } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { cutFrom } from './jwt.ts'

/** The subprotocol that stands beside a credential, and the only one of the two that is ever answered. */
export const ownProtocol = 'usher'
const credentialProtocol = /^bearer\./i

/**
 * The token of `Sec-WebSocket-Protocol: usher, bearer.<token>`: a script in a browser can give a WebSocket
 * nothing else to carry one (RFC 6455 section 1.9). `undefined` where no element begins like that, and on
 * requests that ask for no WebSocket.
 */
export function findProtocol(
  headers: HeaderReader,
): Result<{ token: string; carrier: 'subprotocol' }, Refusal> | undefined {
  if (!isWebSocket(headers)) return undefined
  const protocols = protocolsOf(headers)
  const [credential, ...others] = protocols.filter((one) => credentialProtocol.test(one))
  if (credential === undefined) return undefined
  if (others.length > 0) return refuse('token-ambiguous')
  const token = credential.replace(credentialProtocol, '')
  // Without a harmless name beside it, the token itself would have to be answered.
  const isSound = /^\S+$/.test(token) && protocols.includes(ownProtocol)
  if (!isSound) return refuse('token-invalid')
  return ok({ token: cutFrom(protocols.join(), token), carrier: 'subprotocol' })
}

/** The subprotocols that are offered, without what is meant for the gateway. */
export function foreignProtocols(headers: HeaderReader): readonly string[] {
  return protocolsOf(headers).filter((one) => one !== ownProtocol && !credentialProtocol.test(one))
}

/** The elements of `Sec-WebSocket-Protocol`, as they are written. */
export function protocolsOf(headers: HeaderReader): readonly string[] {
  const elements = headers.get('sec-websocket-protocol')?.split(',') ?? []
  return elements.map((element) => element.trim()).filter((element) => element !== '')
}
