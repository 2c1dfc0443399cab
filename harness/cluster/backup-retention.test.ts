import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { wallClockMs } from '../lib/clock.ts'
import { run } from '../lib/command.ts'
import { backupName, parseBackupName } from './backup-name.ts'
import { monthlyOf, pruneLocal, pruneStored, tellExpired } from './backup-retention.ts'

const DAY_MS = 86_400_000
const FIRST_MS = Date.UTC(2027, 0, 1, 2, 0, 0)

/** A backup a day at 02:00, some seconds early or late as cron and the snapshot have it. */
const takenOn = (day: number): number => FIRST_MS + day * DAY_MS + ((day * 7919) % 13) * 1000

/** What is kept of these, of which all can be seen and were read back whole unless said. */
async function kept(
  keys: readonly string[],
  {
    nowMs,
    verified = '',
    hidden = [] as readonly string[],
    unread = [] as readonly string[],
  }: {
    readonly nowMs: number
    readonly verified?: string | undefined
    readonly hidden?: readonly string[]
    readonly unread?: readonly string[]
  },
): Promise<readonly string[]> {
  const visible = new Set(keys.filter((key) => !hidden.includes(key)))
  const isVerified = async (key: string) => !unread.includes(key)
  const monthly = await monthlyOf(keys, { nowMs, visible, isVerified })
  return pruneStored(keys, { nowMs, verified, monthly }).keep.map(({ key }) => key)
}

/** The bucket after so many days of a job that prunes each time; day `from` … failed. */
async function bucketAfter(
  days: number,
  { failsFrom = Number.POSITIVE_INFINITY } = {},
): Promise<readonly string[]> {
  let keys: readonly string[] = ['manual/vault-manual-20270102-120000.snap', 'readme.txt']
  let verified: string | undefined
  for (let day = 0; day < days; day++) {
    if (day < failsFrom) {
      verified = backupName('daily', takenOn(day)).key
      keys = [...keys, verified]
    }
    keys = await kept(keys, { nowMs: takenOn(day) + 9000, verified })
  }
  return keys
}

const daily = (keys: readonly string[]) => keys.filter((key) => key.startsWith('vault-snapshot-'))
const monthOf = (key: string) => key.slice(15, 21)

describe('after 400 days', async () => {
  const keys = await bucketAfter(400)
  const lastMs = takenOn(399)
  const ages = daily(keys).map((key) => {
    const { takenMs } = parseBackupName(key) ?? { takenMs: Number.NaN }
    return { key, days: Math.floor(lastMs / DAY_MS) - Math.floor(takenMs / DAY_MS) }
  })

  test('each of the last 90 days has its backup', () => {
    const young = ages.filter(({ days }) => days < 90).map(({ days }) => days)
    expect(young.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 90 }, (_, i) => i))
  })

  test('each of the last 12 months has its first one, and nothing else is left', () => {
    expect(new Set(daily(keys).map(monthOf)).size).toBe(12)
    const old = ages.filter(({ days }) => days >= 90).map(({ key }) => key)
    expect(old.every((key) => key.slice(21, 23) === '01')).toBe(true)
    expect(old).toHaveLength(9)
  })

  test('manual backups and what is not ours are untouched', () => {
    expect(keys).toContain('manual/vault-manual-20270102-120000.snap')
    expect(keys).toContain('readme.txt')
  })
})

test.each([
  [91, 4],
  [120, 4],
  [200, 7],
  [365, 12],
  [366, 12],
  [390, 12],
])('on day %i there are 90 daily ones and the first of %i months', async (days, months) => {
  const keys = daily(await bucketAfter(days))
  const lastMs = takenOn(days - 1)
  const isYoung = (key: string) => {
    const { takenMs } = parseBackupName(key) ?? { takenMs: 0 }
    return Math.floor(lastMs / DAY_MS) - Math.floor(takenMs / DAY_MS) < 90
  }
  expect(keys.filter(isYoung)).toHaveLength(90)
  expect(new Set(keys.map(monthOf)).size).toBe(months)
})

test('a job that has failed for more than a year leaves the newest verified backup', async () => {
  expect(daily(await bucketAfter(800, { failsFrom: 100 }))).toEqual([
    backupName('daily', takenOn(99)).key,
  ])
})

describe('of a month that is past', () => {
  const keys = Array.from({ length: 31 }, (_, day) => backupName('daily', takenOn(day)).key)
  const [first = '', second = '', third = ''] = keys
  const nowMs = FIRST_MS + 150 * DAY_MS

  test.each([
    ['the first stays', {}, first],
    ['the first that is not hidden stays', { hidden: [first] }, second],
    ['the first that was read back whole stays', { unread: [first] }, second],
    ['neither of two others will do', { hidden: [first], unread: [second] }, third],
    [
      'the first that can be seen stays where none was read',
      { hidden: [first], unread: keys },
      second,
    ],
    ['the first stays where all are hidden', { hidden: keys }, first],
  ])('%s, and no other one', async (_what, doubts, stays) => {
    expect(await kept(keys, { nowMs, ...doubts })).toEqual([stays])
  })

  test('no more of them are asked for than are needed, and of a young month none', async () => {
    const asked: string[] = []
    const isVerified = async (key: string) => {
      asked.push(key)
      return key !== first
    }
    const young = backupName('daily', nowMs - 89 * DAY_MS).key
    const visible = new Set([...keys, young])
    expect(await monthlyOf([...visible], { nowMs, visible, isVerified })).toEqual(new Set([second]))
    expect(asked).toEqual([first, second])
  })
})

test('a backup of a day yet to come is kept: the clock may be wrong', async () => {
  const { key } = backupName('daily', FIRST_MS + 400 * DAY_MS)
  expect(await kept([key], { nowMs: FIRST_MS })).toEqual([key])
})

test('of a leap day there is a monthly one for a year', async () => {
  const key = 'vault-snapshot-20280229-020000.snap'
  expect(await kept([key], { nowMs: Date.UTC(2029, 1, 28, 3) })).toEqual([key])
  expect(await kept([key], { nowMs: Date.UTC(2029, 2, 1, 3) })).toEqual([])
})

describe('the copies on the host', () => {
  const files = Array.from({ length: 30 }, (_, day) => backupName('daily', takenOn(day)).file)
  const nowMs = takenOn(29) + 9000

  test('are those of seven days', () => {
    const { keep, drop } = pruneLocal([...files, 'vault_backup.prom'], nowMs)
    expect(keep.map(({ key }) => key)).toEqual(['vault_backup.prom', ...files.slice(-7)].toSorted())
    expect(drop).toEqual(files.slice(0, -7))
  })

  test('go with the manual ones among them', () => {
    const file = 'vault-manual-20270101-020000.snap'
    expect(pruneLocal([file], nowMs).drop).toEqual([file])
  })

  test('would be eight by the find of the document (RB:137), which counts whole days beyond', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drill-retention-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const nowMs = wallClockMs()
    for (const [age, file] of files.toReversed().entries()) {
      writeFileSync(join(folder, file), '')
      const taken = (nowMs - age * DAY_MS - 60_000) / 1000
      utimesSync(join(folder, file), taken, taken)
    }
    await run('find', [folder, '-name', 'vault-snapshot-*.snap', '-mtime', '+7', '-delete'])
    expect(readdirSync(folder).toSorted()).toEqual(files.slice(-8))
  })
})

describe('the name of a backup', () => {
  test.each([
    ['daily', 'vault-snapshot-20270101-020000.snap'],
    ['manual', 'manual/vault-manual-20270101-020000.snap'],
  ] as const)('of the kind %s is read as it was made', (kind, key) => {
    const name = backupName(kind, FIRST_MS + 123)
    expect(name).toMatchObject({ key, takenMs: FIRST_MS })
    expect(parseBackupName(key)).toEqual(name)
  })

  test('of an encrypted one says so, and its local copy is the one in clear', () => {
    const name = backupName('manual', FIRST_MS, true)
    expect(name.key).toBe('manual/vault-manual-20270101-020000.snap.gpg')
    expect(name.file).toBe('vault-manual-20270101-020000.snap')
    expect(parseBackupName(name.key)).toEqual(name)
  })

  test.each([
    'vault-snapshot-20270101-020000.gpg',
    'vault-snapshot-20270231-020000.snap',
    'vault-snapshot-20270101-020000.snap.partial',
    'old/vault-snapshot-20270101-020000.snap',
    'vault-manual-20270101-020000.snap',
    'notes.txt',
  ])('is not %s', (key) => expect(parseBackupName(key)).toBeUndefined())
})

test('what would be deleted is told before, by number and by the first names', () => {
  const kept = [{ key: 'new', because: 'daily' }]
  const told = tellExpired({
    stored: { keep: kept, drop: ['a', 'b', 'c', 'd'] },
    local: { keep: [...kept, { key: 'notes', because: 'not a backup' }], drop: [] },
  })
  expect(told).toBe('in the store 4 of 5 (a, b, c, …), in the folder 0 of 1')
})
