import type { SettingName } from './setting.ts'
import type { State } from './state.ts'

/** What was kept under a name; the stand-in wrote it itself. */
export function keptSetting<T>(state: State, id: SettingName): T | undefined {
  return state.settings.get(id)?.value as T | undefined
}

interface ToKeep {
  readonly id: SettingName
  readonly value: unknown
  readonly nowMs: number
}

/** Keeps a value under a name, in the place of what was there. */
export function keepSetting({ settings }: State, { id, value, nowMs }: ToKeep): void {
  const createdAt = settings.get(id)?.createdAt ?? nowMs
  settings.put({ id, value, createdAt, updatedAt: nowMs })
}
