import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rotateBarrierKey } from '../harness/procedures/rotate-barrier-key.ts'
import { rotateRecoveryKeys } from '../harness/procedures/rotate-recovery-keys.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = {
  former: 'the shares of before the rotation are void',
  newest: 'the server takes the newest shares and none of the former ones',
  current: 'the secret hands out the newest shares',
  offline: 'three people who hold their shares offline have the newest ones',
  few: 'two of them are too few for the server',
  term: 'what is stored is encrypted with a new key',
  left: 'no share and no token is left in clear on the host',
}
/** From the beginning of the rotation to the version that is made current. */
const STEPS = [4, 5, 6, 7]

export const sealKeyRotation = scenario(
  'Recovery keys and the barrier key are rotated while tenants write',
  {
    id: 'SL6',
    source: 'RB:409-423',
    hypothesis: 'Clients notice nothing, and from then on only the new shares are taken.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'healthy',
    cluster: { custody: 'secrets-manager' },
    objectives: () => [
      noOutage({ source: 'RB:411' }),
      rpo({ lostWrites: 0, source: 'RB:409-423' }),
      checks({ id: 'keys', all: Object.values(FACTS), source: 'RB:415-422' }),
    ],
    mustObserve: ['write-acknowledged'],
    deadline: minutes(4),
  },
  { whole: rotating([]), interrupted: rotating(STEPS) },
)

/** In each of these steps the operator’s process is killed once; whoever comes begins anew. */
function rotating(interruptions: readonly number[]): ScenarioBody {
  return async ({ check, cluster, dwell, inspect, perform, performApart }) => {
    const { custody, team } = cluster
    const shares = await team.keepShares()
    const keys = inspect.keys(shares)
    const term = await keys.barrierTerm()

    // Procedure
    for (const step of interruptions) {
      const killed = { step, when: milliseconds(3) }
      await performApart(rotateRecoveryKeys, { kept: shares, custody }, { killed })
    }
    await perform(rotateRecoveryKeys, { kept: shares, custody })
    await perform(rotateBarrierKey, { custody })
    await dwell('clients go on with the new keys', seconds(5))

    // Verification
    const { kept, inForce, current } = await keys.generations()
    const [first, newest] = [kept.at(0), kept.at(-1)]
    await check(FACTS.former, true, async () => !inForce.some((each) => each === first))
    await check(FACTS.newest, [newest], async () => inForce)
    await check(FACTS.current, newest, async () => current)
    await check(FACTS.offline, true, () => keys.offlineAreInForce())
    await check(FACTS.few, true, async () => !(await keys.offlineAreInForce(2)))
    await check(FACTS.term, term + 1, () => keys.barrierTerm())
    await check(FACTS.left, [], () => keys.leftInClear())
  }
}
