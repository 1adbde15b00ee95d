import { gatewayUrl, type World } from '../support/world.ts'

/** What one of Usher's own surfaces told. */
export interface Told {
  readonly status: number
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Asks `verify` or `diagnose` about a token, from one client address unless `headers` say another. */
export async function askAbout(
  token: unknown,
  surface: 'verify' | 'diagnose',
  { world, headers = {} }: { world: World; headers?: Readonly<Record<string, string>> },
): Promise<Told> {
  const response = await world.walk(
    new Request(`${gatewayUrl}/_usher/${surface}`, {
      method: 'POST',
      headers: { 'cf-connecting-ip': '192.0.2.1', ...headers },
      body: JSON.stringify({ token }),
    }),
  )
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) }
}
