import { PROBES_FILE } from '../../journal/read.ts'
import type { Ns } from '../../lib/clock.ts'
import { FAULT_PROVEN_MS, type MadeRun, ns } from '../../objectives/made-record.ts'
import type { Defect } from '../defect.ts'
import { contradictionsOf, fromFirstBad, toFirstGood } from '../known-outages.ts'
import { changing, type Spoil, spoiledRun } from '../spoiled-run.ts'

const HOUR_MS = 3_600_000

/** From some moment after the service was back the probe is silent. */
const stops: Spoil = (run, seed) => {
  const end = ns(8400 + seed.fraction('end') * 1000)
  run.probes = run.probes.filter(({ kind, t }) => kind !== 'sample' || t < end)
}

/** While one request hangs the lane sends no other. */
const skips: Spoil = (run) => {
  const until = new Map<string, Ns>()
  run.probes = run.probes
    .toSorted((a, b) => callOf(a) - callOf(b))
    .filter((line) => {
      if (line.kind !== 'sample') return true
      const { lane, call, ret } = line.data
      if (call < (until.get(lane) ?? 0)) return false
      until.set(lane, ret)
      return true
    })
    .toSorted((a, b) => a.t - b.t)
}

const callOf = (line: MadeRun['probes'][number]): Ns =>
  line.kind === 'sample' ? line.data.call : line.t

/** The probe's process counts from another instant than the others. */
const otherBase: Spoil = (run, seed) => {
  const by = ns((seed.fraction('sign') < 0.5 ? -1 : 1) * (100 + seed.fraction('by') * 3000))
  run.probes = run.probes.map((line) =>
    line.kind === 'sample'
      ? {
          ...line,
          t: line.t + by,
          data: {
            ...line.data,
            intended: line.data.intended + by,
            call: line.data.call + by,
            ret: line.data.ret + by,
          },
        }
      : { ...line, t: line.t + by },
  )
  // Of a real run the journal says when the lanes may begin, and when their file is closed.
  const closed = { file: PROBES_FILE, lines: run.probes.length, head: '' }
  run.journal.push(
    { t: ns(440), kind: 'phase', data: { name: 'settle' } },
    { t: ns(12_005), kind: 'file.closed', data: closed },
  )
  run.journal.sort((a, b) => a.t - b.t)
}

/** Recovery times that are wrong, and probes that do not see the outage whole. */
export const RECOVERIES: readonly Defect[] = [
  {
    id: 'M16',
    title: 'the probe stops, or sends nothing while a request hangs',
    plants: [
      {
        level: 'L0',
        way: 'the probe stops',
        kind: 'record',
        detectors: ['probe-coverage'],
        plant: spoiledRun(stops),
      },
      {
        level: 'L0',
        way: 'the probe sends nothing while a request hangs',
        kind: 'record',
        detectors: ['probe-coverage'],
        plant: spoiledRun(skips, {
          outages: [{ fromMs: FAULT_PROVEN_MS, toMs: 7700, how: 'hung' }],
        }),
      },
      {
        level: 'L1',
        way: 'the probe stops',
        kind: 'short-run',
        detectors: ['probe-coverage'],
        tampering: 'probe-stops',
      },
      {
        level: 'L1',
        way: 'the probe sends nothing while a request hangs',
        kind: 'short-run',
        detectors: ['probe-coverage'],
        tampering: 'probe-skips',
      },
    ],
  },
  {
    id: 'M17',
    title: 'the recovery time starts at the first bad answer, or ends at the first good one',
    plants: [
      {
        level: 'L0',
        way: 'the recovery time starts at the first bad answer',
        kind: 'truth',
        detectors: ['outages that begin late'],
        contradictedBy: (seed) => contradictionsOf(fromFirstBad, seed),
      },
      {
        level: 'L0',
        way: 'the recovery time ends at the first good answer',
        kind: 'truth',
        detectors: ['flapping outages'],
        contradictedBy: (seed) => contradictionsOf(toFirstGood, seed),
      },
    ],
  },
  {
    id: 'M18',
    title: 'the wall clock jumps by an hour, or two processes count from different instants',
    plants: [
      {
        level: 'L0',
        way: 'the wall clock jumps by an hour',
        kind: 'record',
        detectors: ['clocks'],
        plant: spoiledRun((run, seed) => {
          const by = seed.fraction('sign') < 0.5 ? -HOUR_MS : HOUR_MS
          const from = ns(seed.fraction('from') * 12_000 + 100)
          changing('clock', ({ wallMs, t }) => ({ t, wallMs: t > from ? wallMs + by : wallMs }))(
            run,
            seed,
          )
        }),
      },
      {
        level: 'L0',
        way: 'two processes count from different instants',
        kind: 'record',
        detectors: ['clocks', 'calibration'],
        plant: spoiledRun(otherBase),
      },
      {
        level: 'L1',
        way: 'two processes count from different instants',
        kind: 'short-run',
        detectors: ['clocks'],
        tampering: 'other-clock',
      },
    ],
  },
]
