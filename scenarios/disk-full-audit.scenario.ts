import { auditBlocked } from '../harness/faults/audit.ts'
import { auditFull } from '../harness/faults/disk.ts'
import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  well: 'a sampled call is acknowledged before',
  health: 'the leader whose audit device takes nothing answers health with 200 and leads on',
  refused: 'no write is acknowledged meanwhile',
}
const STUCK_FOR = seconds(10)

const oneDevice =
  (fault: typeof auditFull | typeof auditBlocked): ScenarioBody =>
  async ({ check, cluster, heal, holds, inject, inspect, perform, until }) => {
    const leader = await cluster.leader()
    const stuck = fault(leader)

    const trail = inspect.auditTrail()
    await trail.write(1)
    await check(FACTS.well, 1, async () => trail.acknowledged)

    // Symptom
    await inject(stuck)
    await trail.writeWhile(() =>
      holds(FACTS.health, STUCK_FOR, async () => (await leader.health()).state === 'leader'),
    )
    await check(FACTS.refused, 0, async () => trail.acknowledged - 1)

    // Procedure: it does not step down, and cannot be told to, for that is audited too.
    await inject(killed(leader))
    await until('another node leads', () => cluster.isLedByOtherThan(leader))
    await heal(stuck)
    await perform(rejoinNode, { node: leader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }

export const diskFullAudit = scenario(
  'The audit device of the leader takes no entries any more',
  {
    id: 'ST2',
    source: 'HLD:703-740, 1131',
    hypothesis:
      'With one audit device nothing is served while health says 200; a second one helps.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    cluster: (variant) => {
      if (variant === 'second-device') return { audit: 'two' }
      if (variant === 'blocked-of-two') return { audit: 'piped-two' }
      return variant === 'blocked' ? { audit: 'piped' } : { audit: 'small' }
    },
    objectives: (_multiplier, variant) =>
      variant === 'second-device'
        ? [noOutage({ source: 'HLD:703-740' }), rpo({ lostWrites: 0, source: 'HLD:877' })]
        : [
            checks({ id: 'stuck', all: Object.values(FACTS), source: 'docs/deficiencies.md' }),
            // Nothing ends it but the operator: 10 s of watching and the fail-over after the kill.
            rto({ within: seconds(60), source: 'docs/deficiencies.md' }),
            rpo({ lostWrites: 0, source: 'HLD:877' }),
          ],
    mustObserve: (variant) => (variant === 'second-device' ? [] : ['leader-changed', 'bad-probe']),
    deadline: minutes(3),
  },
  {
    full: oneDevice(auditFull),
    blocked: oneDevice(auditBlocked),
    'blocked-of-two': oneDevice(auditBlocked),
    'second-device': async ({ cluster, dwell, inject }) => {
      // Symptom
      await inject(auditFull(await cluster.leader()))

      // Verification
      await dwell('the first device stays full', STUCK_FOR)
    },
  },
)
