import type { Fault } from '../harness/faults/fault.ts'
import { flappingLinks } from '../harness/faults/link-flapping.ts'
import { lossy } from '../harness/faults/packet-loss.ts'
import { rateLimited } from '../harness/faults/rate-limit.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { slo } from '../harness/objectives/slo.ts'
import { steadyBesideLanes } from '../harness/probes/traffic.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const AROUND = ['baseline', 'after'] as const

function bad(fault: Fault): ScenarioBody {
  return async ({ cluster, dwell, heal, inject, note, until }) => {
    const before = await cluster.term()

    // Symptom
    await inject(fault)
    await dwell('the network stays bad', seconds(30))

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    note(`${(await cluster.term()) - before} terms passed`)
  }
}

export const lossRateFlap = scenario(
  'The network loses packets, is thin, or comes and goes',
  {
    id: 'NW6',
    source: 'HLD:766-771',
    hypothesis: 'The service may suffer while it lasts; it recovers by itself and loses no write.',
    suites: ['nightly'],
    load: 'steady',
    traffic: () => [steadyBesideLanes()],
    leaves: 'healthy',
    objectives: () => [
      // TCP waits longer after each packet that was lost; the documents promise nothing here.
      rto({ id: 'rto-after-healing', since: 'healing', within: seconds(30) }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      slo({ op: 'all', p99: milliseconds(50), phases: AROUND, source: 'HLD:1071' }),
      slo({ op: 'all', errors: 0.001, phases: AROUND, source: 'HLD:1072' }),
      consistency({ contract: 'vault-lease' }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(4),
  },
  {
    'loss-30': bad(lossy('all', 30)),
    'rate-256kbit': bad(rateLimited('leader', 256)),
    'flap-2s': bad(flappingLinks('peers', 2000)),
  },
)
