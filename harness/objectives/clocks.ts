import type { RunRecord } from '../journal/read.ts'
import type { Ns } from '../lib/clock.ts'
import type { Interval } from './objective.ts'
import { firstBadAnswer, type RecoveryPhase } from './phases.ts'
import { proceduresSeen, type StepSeen } from './procedures-seen.ts'
import { type ServiceRecovery, toMs } from './service-recovery.ts'

/**
 * The recovery time by three clocks, in milliseconds. The one from the fault is judged; the
 * others tell how much of it passed before a client, and then the operator, knew.
 * @see ARCHITECTURE.md, "How a verdict is earned"
 */
export type RecoveryClocks = {
  readonly fault: Interval
  /** From the first bad answer to a client; `null`: there was none. */
  readonly detection: Interval | null
  /** From the start of the first procedure; `null`: nobody performed one. */
  readonly declaration: Interval | null
  /** From the fault: the first bad answer, and the first good one after it on every lane. */
  readonly detectedMs: number | null
  readonly firstGoodMs: number | null
  readonly declaredMs: number | null
  /** Times that the service was bad again after it had been good. */
  readonly flaps: number
  /** Share of the recovery time that a named phase explains, 0…1; `null`: there was none. */
  readonly namedShare: number | null
  /** The steps of procedures that began after the fault, from the fault. */
  readonly steps: readonly ClockedStep[]
}

export type ClockedStep = {
  readonly procedure: string
  readonly title: string
  readonly startedMs: number
  readonly endedMs: number | null
  readonly outcome: StepSeen['outcome']
}

/** Of the slowest recovery; `null` when no fault was injected or no lane was judged. */
export function recoveryClocks(
  record: RunRecord,
  recovery: ServiceRecovery | undefined,
  phases: readonly RecoveryPhase[],
): RecoveryClocks | null {
  if (recovery === undefined) return null
  const { fault, lanes, loMs, hiMs, stable } = recovery
  // The service came back after the last proof of its being bad and with the first good answer.
  const badUntil = Math.max(0, ...lanes.map((lane) => lane.badUntil ?? 0))
  const back = stable ? Math.max(...lanes.map(({ stableAt }) => stableAt ?? 0)) : undefined
  const since = (t: Ns): Interval => ({
    lo: toMs(Math.max(0, badUntil - t)),
    hi: back === undefined ? null : toMs(Math.max(0, back - t)),
  })
  const wasBad = recovery.bad > 0
  const detected = wasBad ? firstBadAnswer(record, recovery, Number.POSITIVE_INFINITY) : undefined
  const goods = lanes.flatMap(({ firstBadAt, firstGoodAt }) =>
    firstBadAt === undefined ? [] : [firstGoodAt],
  )
  const firstGood =
    wasBad && goods.every((t) => t !== undefined) ? Math.max(...(goods as Ns[])) : undefined
  const declared = record.entries.find(
    ({ kind, t }) => kind === 'procedure.started' && t >= fault.issued,
  )?.t
  const sinceFault = (t: Ns | undefined): number | null =>
    t === undefined ? null : toMs(Math.max(0, t - fault.issued))
  return {
    fault: { lo: loMs, hi: hiMs },
    detection: detected === undefined ? null : since(detected),
    declaration: declared === undefined ? null : since(declared),
    detectedMs: sinceFault(detected),
    firstGoodMs: sinceFault(firstGood),
    declaredMs: sinceFault(declared),
    flaps: lanes.reduce((sum, lane) => sum + lane.flaps, 0),
    namedShare: namedShareOf(phases),
    steps: stepsSince(record, fault.issued),
  }
}

function namedShareOf(phases: readonly RecoveryPhase[]): number | null {
  const whole = phases.at(-1)?.endedMs ?? 0
  if (whole === 0) return null
  const named = phases.reduce(
    (sum, { name, startedMs, endedMs }) =>
      name === 'unattributed' ? sum : sum + endedMs - startedMs,
    0,
  )
  return Math.round((10_000 * named) / whole) / 10_000
}

function stepsSince({ entries }: RunRecord, issued: Ns): readonly ClockedStep[] {
  const zero = toMs(issued)
  const after = (ms: number): number => Math.round((ms - zero) * 1000) / 1000
  return proceduresSeen(entries).flatMap(({ id, steps }) =>
    steps
      .filter(({ startedMs }) => startedMs >= zero)
      .map(({ title, startedMs, endedMs, outcome }) => ({
        procedure: id,
        title,
        startedMs: after(startedMs),
        endedMs: endedMs === null ? null : after(endedMs),
        outcome,
      })),
  )
}
