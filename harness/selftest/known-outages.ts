import { type MadeTrouble, madeLane } from '../journal/made-lane.ts'
import type { LaneSamples } from '../journal/samples.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { Seed } from '../lib/seed.ts'
import { type Recovery, recoveryOf, type StableRule } from '../objectives/recovery.ts'

/** How a recovery is derived from a lane: ours, or a wrong one. */
export type RecoveryJudge = (
  lane: LaneSamples,
  fault: { readonly issued: Ns; readonly proven: Ns },
  rule: StableRule,
) => Recovery

/** An outage whose length is known, because it was made. */
type KnownOutage = {
  readonly name: string
  readonly troubles: readonly MadeTrouble[]
  /** When the service is back for good. */
  readonly backMs: number
}

const RULE: StableRule = { stableCount: 20, holdDownMs: 2000 }
const ISSUED_MS = 1000
const PROVEN_MS = 1004
/** The fault takes effect between the two. */
const EFFECT_MS = 1002
const UNTIL_MS = 9000
/** One interval of the lane and one answer: more than that no bound may lie beside the truth. */
const RESOLUTION_MS = 12

/** Names of the outages that this judge gets wrong; none for a right one. */
export function contradictionsOf(judge: RecoveryJudge, seed: Seed): readonly string[] {
  const fault = { issued: ISSUED_MS * NS_PER_MS, proven: PROVEN_MS * NS_PER_MS }
  return knownOutages(seed).flatMap(({ name, troubles, backMs }) => {
    const { state, loNs, hiNs } = judge(madeLane({ untilMs: UNTIL_MS, troubles }), fault, RULE)
    if (state !== 'stable' || hiNs === undefined) return [name]
    const [loMs, hiMs] = [loNs / NS_PER_MS, hiNs / NS_PER_MS]
    const truthMs = backMs - EFFECT_MS
    const holdsIt = loMs <= truthMs && truthMs <= hiMs
    const isTight = truthMs - loMs <= 2 * RESOLUTION_MS && hiMs - truthMs <= 2 * RESOLUTION_MS
    return holdsIt && isTight ? [] : [name]
  })
}

function knownOutages(seed: Seed): readonly KnownOutage[] {
  const between = (purpose: string, from: number, to: number): number =>
    from + seed.fraction(`outage/${purpose}`) * (to - from)
  const backMs = between('back', 1800, 3500)
  const lateMs = between('late', 1300, 1700)
  const flapMs = backMs + between('gap', 200, 1500)
  const flapEndMs = flapMs + between('flap', 100, 600)
  const refused = (fromMs: number, toMs: number) => ({ fromMs, toMs, how: 'refused' as const })
  return [
    { name: 'outages from the fault on', troubles: [refused(EFFECT_MS, backMs)], backMs },
    { name: 'outages that begin late', troubles: [refused(lateMs, backMs)], backMs },
    {
      name: 'flapping outages',
      troubles: [refused(EFFECT_MS, backMs), refused(flapMs, flapEndMs)],
      backMs: flapEndMs,
    },
  ]
}

/** M17: the clock starts when a client notices. */
export const fromFirstBad: RecoveryJudge = (lane, fault, rule) => {
  const { firstBadAt = fault.issued } = recoveryOf(lane, fault, rule)
  return recoveryOf(lane, { issued: firstBadAt, proven: firstBadAt }, rule)
}

/** M17: the first good answer ends it, whatever comes after. */
export const toFirstGood: RecoveryJudge = (lane, fault, rule) => {
  const recovery = recoveryOf(lane, fault, rule)
  const { firstGoodAt } = recovery
  if (firstGoodAt === undefined) return recovery
  const hiNs = firstGoodAt - fault.issued
  return { ...recovery, hiNs, loNs: Math.max(0, hiNs - RESOLUTION_MS * NS_PER_MS) }
}
