import { dataFull } from '../harness/faults/disk.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  exit: 'the server on the full disk ends with exit code 2, or stays and does not lead',
}

const filled =
  (role: 'leader' | 'standby'): ScenarioBody =>
  async ({ check, choose, cluster, heal, inject, inspect, note, perform, until }) => {
    const leader = await cluster.leader()
    const node = role === 'leader' ? leader : choose('standby', await cluster.standbys())
    const full = dataFull(node)

    // Symptom
    await inspect.writeLargeWhile(() => inject(full))
    await until('a node with room leads', () => cluster.isLedByOtherThan(node))
    // Which file needs room first decides: its data, and it panics; its Raft log, and it stays.
    await check(FACTS.exit, true, async () => {
      const { running, exitCode } = await node.vault.state()
      note(`on the full disk ${node.name} ${running ? 'runs on' : `ended with code ${exitCode}`}`)
      return running ? await cluster.isLedByOtherThan(node) : exitCode === 2
    })

    // Procedure
    await heal(full)
    await perform(rejoinNode, { node, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }

export const diskFullData = scenario(
  "The volume of a node's data is full while tenants write",
  {
    id: 'ST1',
    source: 'HLD:47-49',
    hypothesis: 'The node whose disk is full leaves, the others serve, and no write is lost.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    cluster: { dataMiB: 256 },
    objectives: (_multiplier, variant) => [
      checks({ id: 'stated-exit', all: Object.values(FACTS), source: 'HLD:47-49' }),
      variant === 'leader'
        ? rto({ within: seconds(30), source: 'docs/deficiencies.md' })
        : noOutage({ source: 'HLD:870' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    claims: () => [claim({ source: 'HLD:876', says: 'RTO below 5 s', rtoWithin: seconds(5) })],
    mustObserve: (variant) => (variant === 'leader' ? ['leader-changed'] : []),
    deadline: minutes(3),
  },
  { leader: filled('leader'), follower: filled('standby') },
)
