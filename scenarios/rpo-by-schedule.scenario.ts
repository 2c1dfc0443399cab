import { hostDestroyed } from '../harness/faults/volumes.ts'
import {
  type Duration,
  formatDuration,
  milliseconds,
  minutes,
  seconds,
} from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

/** One day in 24 s, so an hour is one second; or one hour in 12 s. */
const SCHEDULES = {
  daily: { every: seconds(24), hour: seconds(1), day: seconds(24) },
  hourly: { every: seconds(12), hour: seconds(12), day: seconds(288) },
  'hourly-unfinished': { every: seconds(12), hour: seconds(12), day: seconds(288) },
}
type Schedule = keyof typeof SCHEDULES

/** What a backup may take from its start to its verified object: it is not accelerated. */
const SAVE_AND_UPLOAD = seconds(4)
/** Before the next run begins: taking three machines away lasts a while, and is not accelerated. */
const JUST_BEFORE = seconds(3)
/** Nor is the start of an operator of its own, who is to have begun when the time has come. */
const STARTS_APART = seconds(5)
const STORE = 7

const FACTS = { runs: 'the schedule has made one backup in each interval before the loss' }

const isSchedule = (variant: string | undefined): variant is Schedule =>
  variant !== undefined && variant in SCHEDULES
const ofVariant = (variant: string | undefined) =>
  SCHEDULES[isSchedule(variant) ? variant : 'daily']

export const rpoBySchedule = scenario(
  'The cluster is lost just before the next backup of its schedule would have been made',
  {
    id: 'RS11',
    source: 'RB:31, 89; HLD:883',
    hypothesis:
      'What is lost is one interval, and what the next backup needs where it was under way: never 1 h with one a day.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: (_multiplier, variant) => {
      const { every, hour, day } = ofVariant(variant)
      const longest = milliseconds(every.ms + SAVE_AND_UPLOAD.ms)
      return [
        rpo({ id: 'rpo-by-interval', within: longest }),
        rpo({ id: 'rpo-of-24-h', within: day, source: 'HLD:883' }),
        rpo({ id: 'rpo-of-1-h', within: hour, source: 'RB:31' }),
        checks({ id: 'schedule', all: Object.values(FACTS), source: 'RB:89' }),
      ]
    },
    expects: (variant) =>
      variant === 'hourly'
        ? []
        : [{ missed: 'rpo-of-1-h', because: 'it reaches back .* before the fault' }],
    mustObserve: ['write-lost-by-restore', 'read-from-each-node'],
    deadline: minutes(5),
  },
  { daily: by('daily'), hourly: by('hourly'), 'hourly-unfinished': by('hourly-unfinished') },
)

function by(schedule: Schedule): ScenarioBody {
  return async ({ check, cluster, dwell, inject, inspect, note, perform, performApart, plan }) => {
    const { every } = SCHEDULES[schedule]
    const { nodes, custody } = cluster
    const access = await cluster.backupAccess()
    const { bucket } = access
    const job = { access, kind: 'daily' } as const
    const untilNext = async (run: Duration, before: Duration) =>
      dwell('until the next run', milliseconds(Math.max(0, every.ms - run.ms - before.ms)))
    const loss = nodes.map((node) => hostDestroyed(node))
    await plan(...loss) // whatever that takes would come between the last run and the loss
    for (let run = 1; run <= RUNS; run++) {
      const began = performance.now()
      const since = () => milliseconds(Math.round(performance.now() - began))
      await perform(backup, job)
      note(`run ${run} of the job took ${formatDuration(since())}`)
      if (run === RUNS) {
        await check(FACTS.runs, RUNS, async () => (await inspect.backups(access).stored()).length)
      }
      const atTheEnd = schedule === 'hourly-unfinished' ? STARTS_APART : JUST_BEFORE
      await untilNext(since(), run === RUNS ? atTheEnd : milliseconds(0))
    }
    if (schedule === 'hourly-unfinished') {
      await performApart(backup, job, { killed: { step: STORE, when: milliseconds(0) } })
    }

    // Symptom
    await inject(...loss)

    // Procedure
    await perform(restoreCluster, { nodes, custody, bucket })
  }
}

const RUNS = 2
