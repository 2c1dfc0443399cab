import { refused } from '../harness/faults/links.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { generateRootTokenByShares } from '../harness/procedures/generate-root-token.ts'
import { rotateRecoveryKeys } from '../harness/procedures/rotate-recovery-keys.ts'
import { scenario, type Verbs } from '../harness/scenario.ts'

const DOWN = {
  store: 'without Secrets Manager its shares make no root token',
  rotation: 'and no rotation begins: the shares in force are those of before',
  offline: 'three people with their own shares make one',
}
const ABSENT = {
  two: 'two people of five are not enough, and nothing is made',
  three: 'three of five are',
}
const BOTH = {
  few: 'two shares are too few for the server itself',
  time: 'people are declared with less than the 30 min of RB:30',
  revoked: 'the root token is void once its work is done',
  left: 'no share and no token is left in clear on the host',
  beside: 'the root token does not lie beside the shares',
}

export const custodyPeople = scenario(
  'A root token is needed, and what makes it is not all there',
  {
    id: 'SL12',
    source: 'RB:360-374, 675-683',
    hypothesis: 'Three people with their own shares are enough, and leave nothing behind.',
    suites: ['drill'],
    load: 'none',
    leaves: 'healthy',
    cluster: { custody: 'secrets-manager', rootToken: 'by-shares' },
    objectives: (_multiplier, variant) => [
      checks({
        id: 'people',
        all: Object.values({ ...(variant === 'holder-absent' ? ABSENT : DOWN), ...BOTH }),
        source: 'RB:227, 360-374, 675-683',
      }),
    ],
    deadline: minutes(3),
  },
  {
    'secrets-manager-down': async (verbs) => {
      const { check, cluster, heal, inject, inspect, perform } = verbs
      const kept = await cluster.team.keepShares()
      const keys = inspect.keys(kept)
      const before = await keys.generations()
      const noted = inspect.noting()
      const { use } = noted

      // Symptom
      const outage = refused('operator->secrets')
      await inject(outage)
      await check(DOWN.store, true, async () => {
        const shares = { secret: kept.secret }
        const said = await perform(generateRootTokenByShares, { shares, use }).then(
          () => 'it ended well',
          String,
        )
        return /secretsmanager:GetSecretValue failed/.test(said) || said
      })
      await perform(rotateRecoveryKeys, { kept, custody: cluster.custody }).catch(() => {})

      // Procedure
      await check(DOWN.offline, ['root'], async () => {
        await perform(generateRootTokenByShares, { shares: { holders: kept.holders }, use })
        return noted.policies
      })

      // Verification
      await heal(outage)
      await check(DOWN.rotation, before, () => keys.generations())
      await peopleAndTraces(verbs, noted)
    },
    'holder-absent': async (verbs) => {
      const { check, cluster, inspect, perform } = verbs
      const { holders } = await cluster.team.keepShares()
      const noted = inspect.noting()
      const given = { shares: { holders }, use: noted.use }

      // Symptom
      holders.leave(2, 3, 5)
      await check(ABSENT.two, true, async () => {
        const said = await perform(generateRootTokenByShares, given).then(
          () => 'it ended well',
          String,
        )
        return /3 holders of shares; seen: 2/.test(said) || said
      })

      // Procedure
      holders.come(2)
      await check(ABSENT.three, ['root'], async () => {
        await perform(generateRootTokenByShares, given)
        return noted.policies
      })

      // Verification
      holders.come(3, 5)
      await peopleAndTraces(verbs, noted)
    },
  },
)

type Noted = ReturnType<Verbs['inspect']['noting']>

async function peopleAndTraces({ check, cluster, inspect }: Verbs, noted: Noted): Promise<void> {
  const kept = await cluster.team.keepShares()
  const keys = inspect.keys(kept)
  const people = kept.holders.peopleFor(3).ms
  await check(BOTH.few, true, async () => !(await keys.offlineAreInForce(2)))
  await check(BOTH.time, true, async () => people < minutes(30).ms || people)
  await check(BOTH.revoked, ['refused'], () => noted.states())
  await check(BOTH.left, [], () => keys.leftInClear(...noted.tokens))
  await check(BOTH.beside, false, () => keys.tokenLiesBesideShares())
}
