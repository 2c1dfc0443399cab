import { type BackupName, parseBackupName } from './backup-name.ts'

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
  /** Keys of the monthly ones, by {@link monthlyOf}. */
  readonly monthly: ReadonlySet<string>
}

/** What the store says of a backup beside its name. */
export type Stored = {
  readonly nowMs: number
  /** Keys that a listing shows: no delete marker hides them. */
  readonly visible: ReadonlySet<string>
  /** Asked of as few as possible: it is a question to the store for each. */
  readonly isVerified: (key: string) => Promise<boolean>
}

/**
 * The monthly backup of each calendar month of which some are old enough to go: the first that
 * can be seen and was read back whole. Where there is none such a later one would be no better, so
 * it is the first that can be seen, and of a month that is hidden whole the first.
 */
export async function monthlyOf(
  keys: readonly string[],
  { nowMs, visible, isVerified }: Stored,
  { dailyDays }: Pick<Retention, 'dailyDays'> = DOCUMENTED,
): Promise<ReadonlySet<string>> {
  const daily = keys
    .flatMap((key) => parseBackupName(key) ?? [])
    .filter(({ kind }) => kind === 'daily')
    .toSorted((a, b) => a.takenMs - b.takenMs)
  const isOld = ({ takenMs }: BackupName) => daysBetween(takenMs, nowMs) >= dailyDays
  const found = new Set<string>()
  for (const month of new Set(daily.filter(isOld).map(monthOf))) {
    const all = daily.filter((name) => monthOf(name) === month).map(({ key }) => key)
    const seen = all.filter((key) => visible.has(key))
    const first = (await firstOf(seen, isVerified)) ?? seen[0] ?? all[0]
    if (first !== undefined) found.add(first)
  }
  return found
}

/** The first that is so, asking of no more than needed. */
export async function firstOf(
  keys: readonly string[],
  isIt: (key: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const key of keys) if (await isIt(key)) return key
  return undefined
}

/**
 * Of the objects. Whatever has not our name is nobody's business here, and a manual backup goes
 * when its maker removes it.
 */
export function pruneStored(
  keys: readonly string[],
  { nowMs, verified, monthly }: Present,
  { dailyDays, monthlyYears }: Retention = DOCUMENTED,
): Pruning {
  return split(keys, (key) => {
    const name = parseBackupName(key)
    if (name === undefined) return NOT_A_BACKUP
    if (name.kind === 'manual') return 'manual'
    if (key === verified) return 'the newest verified one'
    if (daysBetween(name.takenMs, nowMs) < dailyDays) return `daily, of the last ${dailyDays} days`
    const isYoung = nowMs < yearsLater(name.takenMs, monthlyYears)
    return monthly.has(key) && isYoung ? `the monthly one of ${monthOf(name)}` : undefined
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

/** `2026-11`, in UTC. */
export const monthOf = ({ takenMs }: Pick<BackupName, 'takenMs'>): string =>
  new Date(takenMs).toISOString().slice(0, 7)

/** Of calendar days in UTC; of a time yet to come it is negative, so a clock that is wrong keeps. */
const daysBetween = (fromMs: number, toMs: number): number =>
  Math.floor(toMs / DAY_MS) - Math.floor(fromMs / DAY_MS)

function yearsLater(ms: number, years: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear() + years, date.getUTCMonth(), date.getUTCDate())
}
