/** An object as JSON has it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** How the pages of the gateway's own look, and where they lead. */
export interface Pages {
  /** What they call what is behind them; `undefined` is the host. */
  readonly name: string | undefined
  /** The path to go to from them where nothing else is asked for. */
  readonly home: string
  /** What Clerk's components are told of how they look and what they say. */
  readonly appearance: JsonObject | undefined
  readonly localization: JsonObject | undefined
  /** Whether Google's script may offer accounts of Google's, where the Clerk instance has that. */
  readonly googleOneTap: boolean
}
