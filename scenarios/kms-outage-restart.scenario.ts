import type { Fault } from '../harness/faults/fault.ts'
import { kmsBlackholed, kmsRefused } from '../harness/faults/kms-links.ts'
import { stopped } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  away: 'a node that starts without the KMS opens no port',
  attempt: 'it needs its key before anything else',
  process: 'its process ends when the KMS refuses, and waits when it says nothing',
  back: 'it is a standby within 10 s of being started with the KMS',
}

export const kmsOutageRestart = scenario(
  'A node restarts while the KMS is out of reach',
  {
    id: 'SL2',
    source: 'HLD:885-888; RB:334-352',
    hypothesis: 'The restarted node stays away until the KMS answers; the others serve without it.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'HLD:885-888' }),
      rpo({ lostWrites: 0, source: 'RB:334-352' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'RB:334-352' }),
    ],
    mustObserve: ['node-silent', 'unseal-attempted-without-kms'],
    deadline: minutes(5),
  },
  {
    refused: restarting(() => kmsRefused(), 'error fetching AWS KMS wrapping key information', 1),
    blackhole: restarting(() => kmsBlackholed(), 'waits for an answer of the KMS', 'runs'),
  },
)

function restarting(outage: () => Fault, attempt: string, end: number | 'runs'): ScenarioBody {
  return async ({ check, choose, cluster, heal, holds, inject, inspect, perform }) => {
    const standby = choose('standby', await cluster.standbys())
    const kmsOutage = outage()

    // Symptom
    await inject(kmsOutage)
    await inject(stopped(standby))
    await standby.start()
    await holds(FACTS.away, seconds(20), async () => {
      return (await inspect.connectionTo(standby)) === 'ECONNREFUSED'
    })
    await check(FACTS.attempt, attempt, () => inspect.unsealAttempt(standby))
    await check(FACTS.process, end, async () => {
      const { running, exitCode } = await standby.vault.state()
      return running ? 'runs' : exitCode
    })

    // Procedure
    await heal(kmsOutage)
    const isBack = check(FACTS.back, 429, async () => {
      return (await standby.is(['standby'], { within: seconds(10) })).status
    })
    await Promise.all([isBack, perform(rejoinNode, { node: standby, custody: cluster.custody })])
  }
}
