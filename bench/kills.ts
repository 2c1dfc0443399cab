import { join } from 'node:path'
import { settledAfter } from '../harness/cluster/clean-start.ts'
import { killed } from '../harness/faults/process.ts'
import type { FaultEvent } from '../harness/journal/entry.ts'
import { readRecord } from '../harness/journal/read.ts'
import { seconds as asSeconds, minutes } from '../harness/lib/duration.ts'
import { injectedFaults } from '../harness/objectives/fault-record.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type Scenario, scenario } from '../harness/scenario.ts'
import type { Measure } from './arms.ts'
import { againstModel, cost, soundReadings, told } from './distribution.ts'
import { quietRun } from './quiet-run.ts'
import type { BenchOptions } from './with-stage.ts'

/**
 * Many kills of the leader in one record: a distribution, not as many verdicts. The next kill
 * comes when the node that was killed before has its normal timeouts again, so each recovery is
 * one of settled nodes, and nothing but that is waited for.
 */
export async function benchKills({ product, n, signal, say }: BenchOptions): Promise<Measure> {
  const { verdicts, directory } = await quietRun({
    selected: [{ name: 'kills', scenario: kills(n) }],
    product,
    bench: 'kills',
    signal,
    onJournal: (kind, data) => {
      if (kind === 'fault.injected') say(`kill ${(data as FaultEvent).fault} of ${n}`)
    },
    onVerdict: ({ verdict, why, oracle = [] }) => {
      for (const reading of oracle) say(`${reading.fault} ${reading.target}: ${told(reading)}`)
      say(`${verdict}: ${why}`)
    },
  })
  say(`the record is in ${directory}`)
  const { entries } = await readRecord(join(directory, 'kills'))
  const issued = injectedFaults(entries).map((fault) => fault.issued)
  const walls = issued.slice(1).map((t, i) => (t - (issued[i] ?? 0)) / 1e6)
  const { more = [], ...measure } = againstModel(soundReadings(verdicts))
  const wall = cost('kill', 'a recovery time : one failure of roachtest ≤ 0.13', walls)
  return { ...measure, name: 'kills', more: [...more, wall] }
}

const kills = (n: number): Scenario =>
  scenario(
    'The leader is killed again and again while tenants write',
    {
      id: 'HA2',
      source: 'HLD:873-877',
      hypothesis: 'Each time a standby takes over within 5 s.',
      suites: [],
      load: 'steady',
      leaves: 'healthy',
      objectives: () => [rto({ within: asSeconds(5) }), rpo({ lostWrites: 0 })],
      mustObserve: ['leader-changed'],
      deadline: minutes(1 + n),
    },
    async ({ cluster, inject, perform, until }) => {
      const limit = settledAfter(cluster.heartbeat)
      for (let i = 0; i < n; i++) {
        const leader = await cluster.leader()
        await inject(killed(leader))
        await until('another node leads', () => cluster.isLedByOtherThan(leader))
        await perform(rejoinNode, { node: leader, custody: cluster.custody })
        await until('it is settled', async () => (await leader.age()).ms >= limit.ms)
      }
    },
  )
