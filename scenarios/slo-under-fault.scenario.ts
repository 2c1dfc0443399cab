import { auditLagging } from '../harness/faults/audit.ts'
import type { Fault } from '../harness/faults/fault.ts'
import { kmsBlackholed } from '../harness/faults/kms-links.ts'
import { killed } from '../harness/faults/process.ts'
import { restarted } from '../harness/faults/restart.ts'
import { slowed } from '../harness/faults/toxics.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { claim } from '../harness/objectives/claim.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { slo } from '../harness/objectives/slo.ts'
import { closedBesideLanes, steadyBesideLanes } from '../harness/probes/traffic.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { type Multiplier, type ScenarioBody, scenario } from '../harness/scenario.ts'

/** Those that clients must not notice keep the service level while the fault lasts, too. */
const UNNOTICED = ['slow-follower', 'kms-blackholed']

const leaderKilled: ScenarioBody = async ({ cluster, heal, inject, perform, until }) => {
  const leader = await cluster.leader()

  // Symptom
  await inject(killed(leader))
  await until('another node leads', () => cluster.isLedByOtherThan(leader))

  // Procedure
  await perform(rejoinNode, { node: leader, custody: cluster.custody })
  await heal()

  // Verification
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
}

/** The leader last, and no next one before the others have stopped being young. */
const rollingRestart: ScenarioBody = async ({ cluster, heal, inject, until }) => {
  const nodes = [...(await cluster.standbys()), await cluster.leader()]

  // Symptom
  for (const node of nodes) {
    await until('every server is settled', async () =>
      Object.values(await cluster.processes()).every(
        ({ ageMs }) => ageMs > 8 * cluster.heartbeat.ms,
      ),
    )
    await inject(restarted(node))
  }
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  await heal()

  // Verification
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
}

const lasting =
  (fault: (follower: string) => Fault): ScenarioBody =>
  async ({ cluster, dwell, heal, inject, until }) => {
    const [follower] = await cluster.standbys()

    // Symptom
    await inject(fault(follower?.name ?? 'standby'))
    await dwell('the fault lasts', seconds(30))

    // Procedure
    await heal()

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }

export const sloUnderFault = scenario(
  'A fault meets the load of the design',
  {
    id: 'LD3',
    source: 'RB:29; HLD:867-889',
    hypothesis:
      'Before and after a fault the service level holds; meanwhile the RTO bounds the gap.',
    suites: ['nightly'],
    load: 'steady',
    traffic: (_lengths, variant) =>
      variant === 'two-models'
        ? [steadyBesideLanes({ share: 0.5 }), closedBesideLanes({ share: 0.5 })]
        : [steadyBesideLanes()],
    leaves: 'healthy',
    cluster: (variant) => (variant === 'audit-slow' ? { audit: 'piped' } : {}),
    objectives: (multiplier, variant = '') => {
      const around = ['baseline', 'after'] as const
      const phases = UNNOTICED.includes(variant) ? ([...around, 'fault'] as const) : around
      return [
        slo({ op: 'all', p99: milliseconds(50), phases, source: 'HLD:1071' }),
        slo({ op: 'all', errors: 0.001, phases, source: 'HLD:1072' }),
        ...recovery(multiplier, variant),
        ...perUser(multiplier, variant),
        rpo({ lostWrites: 0, source: 'HLD:877' }),
      ]
    },
    claims: (_multiplier, variant) =>
      ['leader-killed', 'two-models'].includes(variant ?? '')
        ? [
            claim({
              source: 'RB:29',
              says: 'one loss of the leader takes less than a thousandth of the 43 min a month',
              rtoWithin: milliseconds(0.001 * minutes(43).ms),
            }),
          ]
        : [],
    mustObserve: (variant) =>
      ['leader-killed', 'rolling-restart', 'two-models'].includes(variant ?? '')
        ? ['leader-changed']
        : [],
    deadline: minutes(4),
  },
  {
    'leader-killed': leaderKilled,
    'two-models': leaderKilled,
    'rolling-restart': rollingRestart,
    'slow-follower': lasting((follower) => slowed(`*->${follower}`, { latencyMs: 100 })),
    'kms-blackholed': lasting(() => kmsBlackholed()),
    // Less than what the load writes there; the lanes and their clients come on top of it.
    'audit-slow': lasting(() => auditLagging('leader', { kibPerSecond: 200 })),
  },
)

/** The probe sees the service; what each of the users met is in the load itself. */
function perUser(multiplier: Multiplier, variant: string) {
  if (!['leader-killed', 'two-models', 'rolling-restart'].includes(variant)) return []
  const gap = seconds(multiplier === 1 ? 5 : 30)
  return [slo({ op: 'all', gap, phases: ['fault', 'recovery', 'after'], source: 'HLD:876' })]
}

function recovery(multiplier: Multiplier, variant: string) {
  if (UNNOTICED.includes(variant)) return [noOutage({ source: 'HLD:867-871, 885-889' })]
  if (variant === 'rolling-restart') {
    return [noOutage({ id: 'hand-over', longest: seconds(5 * multiplier), source: 'HLD:876' })]
  }
  if (variant === 'audit-slow') {
    // The documents promise nothing of a slow device; once it is quick again, so is the service.
    return [rto({ id: 'rto-after-healing', since: 'healing', within: seconds(5 * multiplier) })]
  }
  return [rto({ within: seconds(multiplier === 1 ? 5 : 30), source: 'HLD:876' })]
}
