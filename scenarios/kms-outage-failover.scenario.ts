import { kmsBlackholed } from '../harness/faults/kms-links.ts'
import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = { unsealed: 'no survivor says that it is sealed' }

export const kmsOutageFailover = scenario(
  'The leader is killed while the KMS says nothing',
  {
    id: 'SL4',
    source: 'HLD:873-889',
    hypothesis: 'A standby needs no KMS to take over: silence delays it by less than 10 s.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      rto({ within: multiplier === 1 ? seconds(10) : seconds(40), source: 'HLD:873-889' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'HLD:885-889' }),
    ],
    claims: () => [claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) })],
    mustObserve: ['leader-changed', 'write-refused-or-unknown'],
    deadline: minutes(4),
  },
  // The same seed with and without the outage: their difference is what the KMS costs.
  { blackhole: crashing(true), control: crashing(false) },
)

function crashing(isOut: boolean): ScenarioBody {
  return async ({ cluster, heal, holds, inject, perform, until }) => {
    const formerLeader = await cluster.leader()
    const survivors = await cluster.standbys()
    const outage = kmsBlackholed()

    // Symptom
    if (isOut) await inject(outage)
    await inject(killed(formerLeader))
    // The one that takes over may answer nothing at all while it waits for the KMS.
    await holds(FACTS.unsealed, seconds(15), async () => {
      const asked = survivors.map((node) => node.health().catch(() => undefined))
      return (await Promise.all(asked)).every((health) => health?.status !== 503)
    })

    // Procedure
    if (isOut) await heal(outage)
    await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))
    await perform(rejoinNode, { node: formerLeader })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }
}
