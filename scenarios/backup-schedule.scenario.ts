import { hours, minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  zone: 'as written, 02:00 is that of the host: 01:00 UTC in winter and 00:00 UTC in summer',
  missing:
    'on the day that has no 02:00 cron makes up for it at once, one hour after the day before',
  twice: 'on the day that has 02:00 twice cron runs it once',
  both: "the runbook's job and the design's start in the same minute, day after day",
  utc: 'corrected, cron in UTC starts one job a day, 24 h after the one before, whatever the host has',
  complete: 'with the leader elsewhere each day there is one whole, verified backup of each',
}

/** RB:150 and HLD:850, as they stand. */
const AS_WRITTEN = { runbook: '0 2 * * *', design: '0 2 * * *' }
const HOST = { hostZone: 'Europe/Berlin', length: hours(60) }
/** Noon on the day before the clocks change. */
const SPRING = { from: '2026-03-28 12:00:00', fromMs: Date.UTC(2026, 2, 28, 11) }
const AUTUMN = { from: '2026-10-24 12:00:00', fromMs: Date.UTC(2026, 9, 24, 10) }
const IN_UTC = { from: '2026-03-28 12:00:00', fromMs: Date.UTC(2026, 2, 28, 12), cronZone: 'UTC' }
const DAYS = 3

export const backupSchedule = scenario(
  'A daily backup by cron, on a host whose time zone is not UTC',
  {
    id: 'BK11',
    source: 'RB:89-91, 147-151, 184; HLD:850-851',
    hypothesis:
      'As written, two jobs start at another time than is said; corrected, one backup a day.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell', aws: 'own' },
    objectives: () => [
      checks({ id: 'schedule', all: Object.values(FACTS), source: 'RB:89-91, 147-151; HLD:850' }),
    ],
    deadline: minutes(5),
  },
  async ({ check, cluster, inspect, note, perform, until }) => {
    const { workplace } = cluster
    note('the clock of cron runs 7200 times as fast; its jobs note when they are started')
    const spring = await workplace.cronDays({ ...HOST, ...SPRING, lines: AS_WRITTEN })
    await check(FACTS.missing, ['2026-03-29T01', '2026-03-30T00'], async () => spring.runbook)
    const autumn = await workplace.cronDays({ ...HOST, ...AUTUMN, lines: AS_WRITTEN })
    await check(FACTS.twice, ['2026-10-25T00', '2026-10-26T01'], async () => autumn.runbook)
    await check(FACTS.zone, ['T00', 'T01'], async () => {
      const started = [spring.runbook?.[1], autumn.runbook?.[1]]
      return started.map((at) => at?.slice(10))
    })
    await check(FACTS.both, [spring.runbook, autumn.runbook], async () => [
      spring.design,
      autumn.design,
    ])
    const corrected = { runbook: AS_WRITTEN.runbook }
    const { runbook } = await workplace.cronDays({ ...HOST, ...IN_UTC, lines: corrected })
    await check(FACTS.utc, ['2026-03-29T02', '2026-03-30T02'], async () => runbook)

    // What each start of that one job comes to, while the leadership goes round
    const access = await cluster.backupAccess()
    const leaders = new Set<string>()
    for (let day = 1; day <= DAYS; day++) {
      const leader = await cluster.leader()
      leaders.add(leader.name)
      await perform(backup, { access, kind: 'daily' })
      await cluster.stepDown(leader)
      await until('another node leads', () => cluster.isLedByOtherThan(leader))
    }
    await check(FACTS.complete, [Array(DAYS).fill(true), true], async () => [
      (await inspect.backups(access).stored()).map(({ verified }) => verified),
      leaders.size > 1,
    ])
  },
)
