import { Pool } from 'undici'

const connections = 16
/** More than any answer of the benchmark: beyond it a body would be cut off, and its connection closed. */
const bodyMaxBytes = 2 ** 30

/** A client of 16 connections that stays with one server. */
export interface Load {
  /** Sends one request with these headers beside the usual ones, and gives the status of its answer. */
  readonly ask: (headers: Readonly<Record<string, string>>) => Promise<number>
  /** Sends one request for each token, as fast as the server answers; every answer must be 200. */
  readonly send: (tokens: readonly string[]) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Opens the client. Requests are what a script in a browser would send: a GET with five headers. */
export function openLoad(port: number, { host, path }: { host: string; path: string }): Load {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
  const usual = {
    host,
    accept: 'application/json',
    'accept-language': 'en-GB,en;q=0.9',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
  }

  async function ask(headers: Readonly<Record<string, string>>): Promise<number> {
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path,
      headers: { ...usual, ...headers },
    })
    await body.dump({ limit: bodyMaxBytes })
    return statusCode
  }

  async function send(tokens: readonly string[]): Promise<void> {
    let next = 0
    const one = async () => {
      for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) {
        const status = await ask({ authorization: `Bearer ${token}` })
        if (status !== 200) throw new Error(`Answered with ${status}`)
      }
    }
    await Promise.all(Array.from({ length: connections }, one))
  }

  return { ask, send, stop: () => pool.close() }
}
