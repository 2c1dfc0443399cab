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
    hypothesis:
      'Whoever takes over asks the KMS: its silence costs 10 s and more, no write and no seal.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier, variant) => [
      // At 5 the election alone takes so long that what the KMS adds cannot be told from it.
      ...(multiplier === 5 && variant === 'blackhole'
        ? []
        : [rto({ within: multiplier === 1 ? seconds(10) : seconds(40), source: 'HLD:873-889' })]),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'HLD:885-889' }),
    ],
    claims: () => [claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) })],
    // HLD-08c: HashiCorp Vault waits for 10 s (12.0 s in all), OpenBao as long as the silence lasts.
    expects: (variant, multiplier) =>
      multiplier === 1 && variant === 'blackhole' ? [{ missed: 'rto', because: 'limit 10 s' }] : [],
    mustObserve: ['leader-changed', 'write-refused-or-unknown'],
    deadline: minutes(4),
  },
  // The same seed with and without the outage: the report tells how much longer it takes with it.
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
    await perform(rejoinNode, { node: formerLeader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }
}
