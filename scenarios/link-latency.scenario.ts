import { slowed } from '../harness/faults/toxics.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { slo } from '../harness/objectives/slo.ts'
import { steadyBesideLanes } from '../harness/probes/traffic.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const KEPT = 'nobody stands for election'
/** The documents promise nothing of slow links; before and after, what they promise always. */
const AROUND = ['baseline', 'after'] as const

/** Every link between nodes, in both directions. A round trip takes twice the latency. */
function slow(latencyMs: number, isPromised: boolean): ScenarioBody {
  return async ({ check, cluster, dwell, heal, holds, inject, note, until }) => {
    const before = await cluster.term()

    // Symptom
    await inject(slowed('peers', { latencyMs, jitterMs: latencyMs / 10 }))
    // A term of 0: nobody leads at this moment, which the next look would find in a later term.
    const isKept = async () => [0, before].includes(await cluster.term())
    if (isPromised) {
      await holds(KEPT, seconds(120), isKept)
      // A term that nobody could tell would have been the one told last.
      await until('autopilot tells its terms', async () => {
        return (await cluster.autopilot()) !== undefined
      })
      await check(KEPT, before, () => cluster.term())
    } else await dwell('the links stay slow', seconds(60))

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    note(`with ${latencyMs} ms each way ${(await cluster.term()) - before} terms passed`)
  }
}

export const linkLatency = scenario(
  'The links between the nodes get slower',
  {
    id: 'NW1',
    source: 'HLD:39-41, HLD:746-751, RB:563',
    hypothesis:
      'At 100 ms each way the leader keeps its lease; at 250 ms it cannot at multiplier 1.',
    suites: ['nightly'],
    load: 'steady',
    traffic: () => [steadyBesideLanes()],
    leaves: 'healthy',
    objectives: (multiplier, variant) => [
      // There and back it is 500 ms, which is the whole lease at multiplier 1.
      ...(variant === '250ms' && multiplier === 1
        ? []
        : [checks({ id: 'lease-kept', all: [KEPT], source: 'HLD:39-41' })]),
      rto({
        id: 'rto-after-healing',
        since: 'healing',
        within: seconds(5 * multiplier),
        // At 250 ms the lease ends and a leader is elected, which the design gives 5 s.
        ...(multiplier === 1 && variant === '250ms' ? { source: 'HLD:876' } : {}),
      }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      slo({ op: 'all', p99: milliseconds(50), phases: AROUND, source: 'HLD:1071' }),
      slo({ op: 'all', errors: 0.001, phases: AROUND, source: 'HLD:1072' }),
      consistency({ contract: variant === '250ms' ? 'vault-lease' : 'strict' }),
    ],
    claims: () => [claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) })],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(4),
  },
  { '20ms': slow(20, true), '100ms': slow(100, true), '250ms': slow(250, false) },
)
