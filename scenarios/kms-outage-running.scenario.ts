import type { Fault } from '../harness/faults/fault.ts'
import { kmsDenied, kmsFailing, kmsThrottled } from '../harness/faults/kms-answers.ts'
import { keyDisabled, keyPendingDeletion } from '../harness/faults/kms-keys.ts'
import { kmsBlackholed, kmsRefused, kmsReset, kmsSlow } from '../harness/faults/kms-links.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  unsealed: 'no node seals',
  snapshot: 'a snapshot says what became of it',
  after: 'a snapshot after the outage is complete',
}

export const kmsOutageRunning = scenario(
  'The KMS fails while the cluster runs',
  {
    id: 'SL1',
    source: 'RB:320-332; HLD:885-889',
    hypothesis: 'A running cluster serves without its KMS; only a backup fails, and says so.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'HLD:885-889' }),
      rpo({ lostWrites: 0, source: 'RB:320-332' }),
      checks({ id: 'seal', all: Object.values(FACTS), source: 'HLD:885-889; RB:320-332' }),
    ],
    mustObserve: ['kms-used', 'write-acknowledged'],
    deadline: minutes(4),
  },
  {
    refused: during(() => kmsRefused(), 'incomplete'),
    // Whoever gives up on the KMS ends the archive early; whoever does not leaves the client waiting.
    blackhole: during(
      () => kmsBlackholed(),
      ({ kmsPatience }) => (kmsPatience === undefined ? 'none: TIMEOUT' : 'incomplete'),
    ),
    slow: during(() => kmsSlow(), 'complete'),
    reset: during(() => kmsReset(), 'incomplete'),
    throttled: during(() => kmsThrottled(), 'incomplete'),
    '5xx': during(() => kmsFailing(), 'incomplete'),
    denied: during(() => kmsDenied(), 'incomplete'),
    'key-disabled': during(() => keyDisabled(), 'incomplete'),
    'pending-deletion': during(() => keyPendingDeletion(), 'incomplete'),
  },
)

type Facts = Verbs['cluster']['facts']

function during(fault: () => Fault, snapshot: string | ((of: Facts) => string)): ScenarioBody {
  return async ({ check, cluster, heal, holds, inject, inspect }) => {
    // Symptom
    await inject(fault())
    await holds(FACTS.unsealed, seconds(20), async () => {
      const nodes = await Promise.all(cluster.nodes.map((node) => node.health()))
      return nodes.every(({ status }) => [200, 429].includes(status))
    })
    const becomes = typeof snapshot === 'string' ? snapshot : snapshot(cluster.facts)
    await check(FACTS.snapshot, becomes, () => inspect.snapshot())

    // Procedure
    await heal()

    // Verification
    await check(FACTS.after, 'complete', () => inspect.snapshot())
  }
}
