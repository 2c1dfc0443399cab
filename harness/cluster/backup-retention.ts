import { parseBackupName } from './backup-name.ts'

/**
 * Which backups may go. The documents promise 90 days of daily and a year of monthly ones
 * (RB:81; HLD:862) and seven days on the host (RB:137; HLD:861), and have no step that prunes
 * the bucket. Dates are compared, not times: a job that runs some seconds earlier than the day
 * before keeps neither more nor less for it.
 */

export type Retention = {
  readonly dailyDays: number
  readonly monthlyYears: number
  readonly localDays: number
}

/** Why what has not our name stays. */
const NOT_A_BACKUP = 'not a backup'

export const DOCUMENTED: Retention = { dailyDays: 90, monthlyYears: 1, localDays: 7 }

export type Pruning = {
  readonly keep: readonly { readonly key: string; readonly because: string }[]
  readonly drop: readonly string[]
}

/** What may go, and why the rest stays: of the objects, and of the copies on the host. */
export type Expired = { readonly stored: Pruning; readonly local: Pruning }

/** What whoever deletes it reads off before. */
export function tellExpired({ stored, local }: Expired): string {
  const told = (where: string, { keep, drop }: Pruning) => {
    const some = drop.length > 3 ? [...drop.slice(0, 3), '…'] : drop
    const names = some.length === 0 ? '' : ` (${some.join(', ')})`
    const kept = keep.filter(({ because }) => because !== NOT_A_BACKUP).length
    return `${where} ${drop.length} of ${drop.length + kept}${names}`
  }
  return `${told('in the store', stored)}, ${told('in the folder', local)}`
}

export type Present = {
  readonly nowMs: number
  /** Key of the newest backup that was read back whole; it stays however old it is. */
  readonly verified?: string | undefined
}

/**
 * Of the objects. The first backup of a calendar month is the monthly one. Whatever has not our
 * name is nobody's business here, and a manual backup goes when its maker removes it.
 */
export function pruneStored(
  keys: readonly string[],
  { nowMs, verified }: Present,
  { dailyDays, monthlyYears }: Retention = DOCUMENTED,
): Pruning {
  const months = new Set<string>()
  return split(keys, (key) => {
    const name = parseBackupName(key)
    if (name === undefined) return NOT_A_BACKUP
    if (name.kind === 'manual') return 'manual'
    const month = new Date(name.takenMs).toISOString().slice(0, 7)
    const isFirst = !months.has(month)
    months.add(month)
    if (key === verified) return 'the newest verified one'
    if (daysBetween(name.takenMs, nowMs) < dailyDays) return `daily, of the last ${dailyDays} days`
    const isYoung = nowMs < yearsLater(name.takenMs, monthlyYears)
    return isFirst && isYoung ? `the first of ${month}` : undefined
  })
}

/** Of the copies on the host, daily and manual. */
export function pruneLocal(
  files: readonly string[],
  nowMs: number,
  { localDays }: Retention = DOCUMENTED,
): Pruning {
  return split(files, (file) => {
    const name = parseBackupName(file) ?? parseBackupName(`manual/${file}`)
    if (name === undefined) return NOT_A_BACKUP
    const isYoung = daysBetween(name.takenMs, nowMs) < localDays
    return isYoung ? `of the last ${localDays} days` : undefined
  })
}

/** Names of one kind sort by their time. */
function split(keys: readonly string[], reason: (key: string) => string | undefined): Pruning {
  const keep: { key: string; because: string }[] = []
  const drop: string[] = []
  for (const key of keys.toSorted()) {
    const because = reason(key)
    if (because === undefined) drop.push(key)
    else keep.push({ key, because })
  }
  return { keep, drop }
}

const DAY_MS = 86_400_000

/** Of calendar days in UTC; of a time yet to come it is negative, so a clock that is wrong keeps. */
const daysBetween = (fromMs: number, toMs: number): number =>
  Math.floor(toMs / DAY_MS) - Math.floor(fromMs / DAY_MS)

function yearsLater(ms: number, years: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear() + years, date.getUTCMonth(), date.getUTCDate())
}
