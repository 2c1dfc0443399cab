import { point } from '../../objectives/made-load.ts'
import { FAULT_PROVEN_MS, SERVICE_BACK_MS } from '../../objectives/made-record.ts'
import type { Defect, Plant, RecordPlant } from '../defect.ts'
import { planted } from '../own-defect.ts'
import { evaluating, type SpoilLoad, spoiledLoad, summing } from '../spoiled-load.ts'

/** What can be wrong with a load, with what its generator says of it, and with the service. */

const M21 = (way: string, detector: RecordPlant['detectors'][number], spoil: SpoilLoad): Plant => ({
  level: 'L0',
  way,
  kind: 'record',
  detectors: [detector],
  plant: spoiledLoad(spoil),
})

const DURATION = 'http_req_duration'

/** Some iterations of the last phase were never sent, and k6 says so. */
const dropping: SpoilLoad = (load, seed) => {
  const count = 1 + Math.floor(seed.fraction('dropped') * 9)
  const lost = Array.from({ length: count }, (_, i) =>
    point('dropped_iterations', SERVICE_BACK_MS + 500 + i, 1, {}),
  )
  load.lines = [...load.lines, ...lost]
  summing((summary) => ({ ...summary, dropped: count }))(load, seed)
}

const nothing: SpoilLoad = (load) => {
  load.lines = []
  const { summary: _, ...ended } = load.ended
  const thresholds = Object.fromEntries(
    Object.entries(load.started.thresholds).map(([metric, expressions]) => [
      metric,
      Object.fromEntries(expressions.map((expression) => [expression, false])),
    ]),
  )
  // As k6 does: what has no samples is not crossed.
  const { planned: _p, ratePerS: _r, ...started } = load.started
  load.started = started
  load.ended = {
    ...ended,
    exitCode: 0,
    summary: { requests: 0, dropped: 0, thresholds, latencyMs: {} },
  }
}

/** What the script tells of answers that k6 calls good. */
const wrong: SpoilLoad = (load, seed) => {
  const count = 60 + Math.floor(seed.fraction('wrong') * 60)
  const told = { op: 'read', tenant: 't1', ok: 'false', why: 'wrong' }
  const lines = Array.from({ length: count }, (_, i) =>
    point('call_duration', SERVICE_BACK_MS + 500 + i, 3, told),
  )
  load.lines = [...load.lines, ...lines]
}

export const LOADS: readonly Defect[] = [
  {
    id: 'M21',
    title: 'a k6 threshold is missing, always true or misnamed; its exit code is ignored',
    plants: [
      M21(
        'threshold removed',
        'load-thresholds',
        evaluating((thresholds) => {
          delete thresholds[DURATION]
        }),
      ),
      M21(
        'threshold always true',
        'load-thresholds',
        evaluating((thresholds) => {
          thresholds[DURATION] = { 'p(99)>=0': false }
        }),
      ),
      M21(
        'threshold misnamed',
        'load-thresholds',
        evaluating((thresholds) => {
          thresholds[`${DURATION}{op:raed}`] = thresholds[DURATION] ?? {}
          delete thresholds[DURATION]
        }),
      ),
      M21('exit code ignored', 'load-ended', (load) => {
        load.ended = { ...load.ended, exitCode: 107, said: 'TypeError: no such function' }
      }),
      M21('users exhausted', 'load-dropped', dropping),
      M21('no samples', 'load-samples', nothing),
      {
        level: 'L1',
        kind: 'pending',
        detectors: ['threshold manifest', 'samples > 0'],
        reason: 'k6 runs in a container only; the same is planted in the files that it leaves (L0)',
      },
    ],
  },
  planted(
    'X44',
    'the load generator needs most of the machine',
    'load-generator',
    spoiledLoad((load, seed) => {
      load.ended = { ...load.ended, cpuMsPerS: 900 + 900 * seed.fraction('cpu') }
    }),
  ),
  planted(
    'X45',
    'a tenth of the samples is missing, and what is left is good',
    'load-summary',
    spoiledLoad((load, seed) => {
      const kept = load.lines.length - Math.floor(seed.fraction('lines') * 100) - 200
      const isDone = /"iterations"/
      load.lines = load.lines.filter((line, i) => i < kept || isDone.test(line))
    }),
  ),
  planted(
    'X46',
    'the service was as slow before the fault as the promise forbids',
    'load-baseline',
    spoiledLoad(
      () => {},
      (seed) => ({
        latencyMs: (i, sentMs) =>
          (sentMs < FAULT_PROVEN_MS ? 60 + 40 * seed.fraction('slow') : 4) + (i % 10) / 10,
      }),
    ),
  ),
  planted(
    'X47',
    'the service stays slow after the fault',
    'slo',
    spoiledLoad(
      () => {},
      (seed) => ({
        latencyMs: (i, sentMs) =>
          (sentMs > SERVICE_BACK_MS ? 55 + 400 * seed.fraction('slow') : 4) + (i % 10) / 10,
      }),
    ),
  ),
  planted(
    'X50',
    'readers are given the value of another tenant, with a good status',
    'slo',
    spoiledLoad(wrong),
  ),
  planted(
    'X48',
    'the exit code of a crossed threshold is lost',
    'load-ended',
    spoiledLoad((load) => {
      load.ended = { ...load.ended, exitCode: 0 }
    }),
  ),
  planted(
    'X49',
    'the load ends half a second after the service is back',
    'load-samples',
    spoiledLoad(
      () => {},
      (seed) => ({ toMs: SERVICE_BACK_MS + 200 + Math.floor(600 * seed.fraction('end')) }),
    ),
  ),
]
