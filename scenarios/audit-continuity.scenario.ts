import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  entries: 'each sampled acknowledged call has a request and a response entry, its value an HMAC',
  leaders: 'calls of both leaders are in the sample',
  clear: 'no sampled value stands in clear in an audit file',
}

export const auditContinuity = scenario(
  'The audit accounts for every acknowledged call, also across a crash of the leader',
  {
    id: 'AC3',
    source: 'HLD:703-740; RB:497, 524',
    hypothesis: 'What a client was told is done stands in the audit of the node that did it.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      checks({ id: 'audited', all: Object.values(FACTS), source: 'HLD:703-740' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      rto({ within: seconds(multiplier === 1 ? 5 : 30), source: 'HLD:876' }),
    ],
    mustObserve: ['leader-changed', 'write-refused-or-unknown'],
    deadline: minutes(3),
  },
  async ({ check, cluster, inject, inspect, perform, until }) => {
    const formerLeader = await cluster.leader()
    const trail = inspect.auditTrail()
    await trail.write(20)

    // Symptom
    await trail.writeWhile(async () => {
      await inject(killed(formerLeader))
      await until('another node leads', () => cluster.isLedByOtherThan(formerLeader))
    })
    await trail.write(20)
    const nextLeader = await cluster.leader()

    // Procedure
    await perform(rejoinNode, { node: formerLeader, custody: cluster.custody })

    // Verification
    const audit = await trail.read()
    await check(FACTS.entries, [], async () => audit.missing)
    await check(
      FACTS.leaders,
      [formerLeader.name, nextLeader.name].toSorted(),
      async () => audit.nodes,
    )
    await check(FACTS.clear, [], async () => audit.inClear)
  },
)
