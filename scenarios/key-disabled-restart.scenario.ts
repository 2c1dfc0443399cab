import type { Fault } from '../harness/faults/fault.ts'
import { keyDisabled, keyPendingDeletion } from '../harness/faults/kms-keys.ts'
import { stopped } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { restoreKey } from '../harness/procedures/restore-key.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  sealed: 'a node that starts without its key answers 503',
  attempt: 'it tries to unseal itself, and fails',
  opens: 'it is a standby within 7 s of its key being looked after',
}

export const keyDisabledRestart = scenario(
  'A node restarts while the key of its seal cannot be used',
  {
    id: 'SL3',
    source: 'RB:340-351, 356',
    hypothesis: 'The restarted node stays sealed and unseals by itself once its key is enabled.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'HLD:885-888' }),
      rpo({ lostWrites: 0, source: 'RB:340-351' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'RB:340-351' }),
    ],
    mustObserve: ['node-silent', 'unseal-attempted-without-kms'],
    deadline: minutes(4),
  },
  { disabled: restarting(keyDisabled), 'pending-deletion': restarting(keyPendingDeletion) },
)

function restarting(fault: () => Fault): ScenarioBody {
  return async ({ check, choose, cluster, holds, inject, inspect, perform, until }) => {
    const standby = choose('standby', await cluster.standbys())

    // Symptom
    await inject(fault())
    await inject(stopped(standby))
    await standby.start()
    await until('it answers', async () => (await inspect.connectionTo(standby)) === 'open')
    await holds(FACTS.sealed, seconds(15), async () => (await standby.health()).status === 503)
    await check(FACTS.attempt, 'failed to unseal core', () => inspect.unsealAttempt(standby))

    // Procedure
    const opens = check(FACTS.opens, 429, async () => {
      // It tries every 5 s, so 5 s and what unsealing takes.
      return (await standby.is(['standby'], { within: seconds(7) })).status
    })
    await Promise.all([
      opens,
      perform(restoreKey, {
        node: standby,
        custody: cluster.custody,
        admin: cluster.team.kmsAdmin,
      }),
    ])
  }
}
