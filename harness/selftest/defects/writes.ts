import type { Defect } from '../defect.ts'
import { reading, type Spoil, spoiledHistory, spoiledRun } from '../spoiled-run.ts'

/** No answer at all for two seconds: what was sent then is unknown. */
const hung = { outages: [{ fromMs: 5805, toMs: 7700, how: 'hung' as const }] }

/** One of them had been applied; what is taken for acknowledged had not. */
const takenFor =
  (outcome: 'refused' | 'acknowledged'): Spoil =>
  (run, seed) => {
    const unknown = run.writes.flatMap((line) =>
      line.kind === 'answer' && line.data.outcome === 'unknown' ? [line.data.n] : [],
    )
    const n = seed.pick('write', unknown)
    if (outcome === 'refused') reading(run, n, { state: 'present', version: 1, intact: true })
    run.writes = run.writes.map((line) =>
      line.kind === 'answer' && unknown.includes(line.data.n)
        ? {
            ...line,
            data: { ...line.data, outcome, ...(outcome === 'refused' ? {} : { version: 1 }) },
          }
        : line,
    )
  }

/** Writes that are lost, doubled, or taken for what they are not. */
export const WRITES: readonly Defect[] = [
  {
    id: 'M01',
    title: 'writes are acknowledged with an invented version and forwarded nowhere',
    plants: [
      {
        level: 'L1',
        kind: 'short-run',
        detectors: ['lost-write', 'A1', 'A5'],
        tampering: 'acknowledges-alone',
      },
    ],
  },
  {
    id: 'M02',
    title: 'writes are forwarded twice',
    plants: [{ level: 'L1', kind: 'short-run', detectors: ['A1', 'A4'], tampering: 'sends-twice' }],
  },
  {
    id: 'M13',
    title: 'two leaders accept conditional writes: one version is acknowledged twice',
    plants: [
      {
        level: 'L0',
        kind: 'record',
        detectors: ['A1', 'B'],
        plant: spoiledHistory('duplicate-version'),
      },
      { level: 'L1', kind: 'short-run', detectors: ['A1', 'B'], tampering: 'two-leaders' },
    ],
  },
  {
    id: 'M20',
    title: 'requests without an answer are recorded as refused, or as acknowledged',
    plants: [
      {
        level: 'L0',
        way: 'unanswered requests are recorded as refused',
        kind: 'record',
        detectors: ['ghost', 'A5'],
        plant: spoiledRun(takenFor('refused'), hung),
      },
      {
        level: 'L0',
        way: 'an unanswered change of a register is "refused"',
        kind: 'record',
        detectors: ['A5'],
        plant: spoiledHistory('refused-visible'),
      },
      {
        level: 'L0',
        way: 'unanswered requests are recorded as acknowledged',
        kind: 'record',
        detectors: ['lost-write', 'A5'],
        plant: spoiledRun(takenFor('acknowledged'), hung),
      },
      {
        level: 'L1',
        way: 'unanswered requests are recorded as refused',
        kind: 'short-run',
        detectors: ['ghost', 'A5'],
        tampering: 'unanswered-is-refused',
      },
      {
        level: 'L1',
        way: 'unanswered requests are recorded as acknowledged',
        kind: 'short-run',
        detectors: ['lost-write', 'A5'],
        tampering: 'unanswered-is-acknowledged',
      },
    ],
  },
]
