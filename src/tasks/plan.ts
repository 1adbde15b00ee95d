import type { MirrorChange, SyncStage } from '../model/mirror.ts'
import type { Walk } from './stride.ts'

/**
 * Clocks differ, and a change may be told under a time at which nobody could see it yet: what changed shortly before
 * the last look is looked at again.
 */
const againMs = 5 * 60_000
/**
 * Clerk lists nothing that is gone, and puts organisations and memberships in no order of their changes: from time to
 * time all of them are looked at.
 */
const wholeEveryMs = 24 * 60 * 60_000

/** How one list is walked. */
export interface Plan {
  readonly order: '+created_at' | '-created_at' | '-updated_at'
  /** Whether the walk ends with the list, or as soon as what comes was seen the last time. */
  readonly isWhole: boolean
  isSeen(change: MirrorChange | undefined): boolean
}

/** The watermark that says when all of a list was last looked at. */
export function wholeName(stage: SyncStage): string {
  return `${stage}-whole`
}

/** The watermark that says since when changes are looked for, where no backfill was before. */
export function begunName(stage: SyncStage): string {
  return `${stage}-begun`
}

/** How the list that a run stands at is walked: all of it, or the newest first back to what was seen. */
export function planOf({ run, watermarks }: Pick<Walk, 'run' | 'watermarks'>): Plan {
  const { stage, startedAt } = run
  const wholeAt = watermarks.get(wholeName(stage)) ?? watermarks.get(begunName(stage)) ?? 0
  if (run.kind === 'backfill' || startedAt - wholeAt >= wholeEveryMs) {
    return { order: '+created_at', isWhole: true, isSeen: () => false }
  }
  const since = (watermarks.get(stage) ?? startedAt) - againMs
  if (stage === 'users') {
    const isSeen: Plan['isSeen'] = (change) => (change?.version.updatedAt ?? since) < since
    return { order: '-updated_at', isWhole: false, isSeen }
  }
  return {
    order: '-created_at',
    isWhole: false,
    isSeen: (change) =>
      (change !== undefined && 'createdAt' in change ? change.createdAt : since) < since,
  }
}

/**
 * Whether it is news that something is there. Whoever was there before Usher looked for the first time is news to
 * nobody; whoever came since is, whether a walk or a webhook is the first to tell.
 */
export function isNews(
  change: MirrorChange,
  { run, watermarks }: Pick<Walk, 'run' | 'watermarks'>,
): boolean {
  if (watermarks.has(wholeName(run.stage)) || !planOf({ run, watermarks }).isWhole) return true
  const since = watermarks.get(begunName(run.stage)) ?? run.startedAt
  return !('createdAt' in change) || change.createdAt >= since
}
