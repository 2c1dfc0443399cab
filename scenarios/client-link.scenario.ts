import type { Fault } from '../harness/faults/fault.ts'
import { blackholed, reset, slowed } from '../harness/faults/toxics.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { slo } from '../harness/objectives/slo.ts'
import { steadyBesideLanes } from '../harness/probes/traffic.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

/** The clients' own way here: through the operator's link to the balancer. */
const CLIENT = 'operator->balancer'
const NODE = 'balancer->leader'
/** 300 ms more for a round trip. */
const SLOW = { latencyMs: 150 }

const AROUND = ['baseline', 'after'] as const
const SEEN = 'slo-slowed'
const SLOW_LIMIT = {
  op: 'all',
  p99: milliseconds(50),
  phases: ['fault'],
  source: 'HLD:1071',
} as const
const isSlow = (variant: string): boolean => variant.endsWith('latency')

function bad(fault: Fault): ScenarioBody {
  return async ({ cluster, dwell, heal, inject, until }) => {
    // Symptom
    await inject(fault)
    await dwell('the link stays bad', seconds(20)) // a p99 of 60 requests a second takes 17

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }
}

export const clientLink = scenario(
  "The clients' link to the balancer, or the balancer's to the leader, goes bad",
  {
    id: 'NW7',
    source: 'HLD:34-37',
    hypothesis: 'Clients see every delay and failure, and no write of theirs is in doubt for good.',
    suites: ['nightly'],
    load: 'steady',
    traffic: () => [steadyBesideLanes()],
    lanes: 'operator',
    leaves: 'healthy',
    objectives: (_multiplier, variant = '') => [
      slo({ op: 'all', p99: milliseconds(50), phases: AROUND, source: 'HLD:1071' }),
      slo({ op: 'all', errors: 0.001, phases: AROUND, source: 'HLD:1072' }),
      ...(isSlow(variant) ? [slo({ id: SEEN, ...SLOW_LIMIT })] : []),
      rto({ id: 'rto-after-healing', since: 'healing', within: seconds(5), source: 'HLD:876' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      consistency({ contract: 'strict' }),
    ],
    // An alarm that does not ring at 300 ms would not ring at all.
    expects: (variant = '') => (isSlow(variant) ? [{ missed: SEEN, because: 'p99' }] : []),
    mustObserve: (variant = '') =>
      isSlow(variant) ? ['answers-slowed'] : ['write-unknown', 'bad-probe'],
    deadline: minutes(3),
  },
  {
    'client-latency': bad(slowed(CLIENT, SLOW)),
    'client-reset': bad(reset(CLIENT)),
    'client-blackhole': bad(blackholed(CLIENT)),
    'node-latency': bad(slowed(NODE, SLOW)),
    'node-reset': bad(reset(NODE)),
    'node-blackhole': bad(blackholed(NODE)),
  },
)
