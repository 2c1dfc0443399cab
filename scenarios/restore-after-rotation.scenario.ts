import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { generateRootTokenByShares } from '../harness/procedures/generate-root-token.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { rotateBarrierKey } from '../harness/procedures/rotate-barrier-key.ts'
import { rotateRecoveryKeys } from '../harness/procedures/rotate-recovery-keys.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  rotated: 'before the loss the shares of the second generation are in force',
  newer: 'a backup that a newer server has led is refused, and both versions are named',
  untouched: 'no node was started for it',
  restored: 'the shares of the first generation are in force again, and no others',
  term: 'the barrier key is the one of before',
  canaries: 'everything that was in the snapshot is readable through every node',
  refused: 'the newest shares make no root token',
  token: 'shares of the time of the snapshot make one, and it may do everything',
}

const NEWER = '99.0.0'
const REFUSED =
  /^Refusal: wanted: servers of 99\.0\.0, .*; seen: \d+\.\d+\.\d+; nothing was changed$/

export const restoreAfterRotation = scenario(
  'A backup of before a rotation of keys is restored after it',
  {
    id: 'RS10',
    source: 'RB:216, 409-423',
    hypothesis: 'It opens with the KMS key, and its own shares make the root token that is needed.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    cluster: { custody: 'secrets-manager', rootToken: 'by-shares' },
    objectives: () => [
      checks({ id: 'keys', all: Object.values(FACTS), source: 'RB:216, 409-423' }),
    ],
    deadline: minutes(6),
  },
  async ({ check, cluster, inject, inspect, perform }) => {
    const { nodes, custody } = cluster
    const kept = await cluster.team.keepShares()
    const keys = inspect.keys(kept)
    const term = await keys.barrierTerm()
    const canaries = await inspect.canaries(20)
    const access = await cluster.backupAccess()
    await perform(backup, { access, kind: 'daily' })
    await perform(rotateRecoveryKeys, { kept, custody: cluster.custody })
    await perform(rotateBarrierKey, { custody: cluster.custody })
    await check(FACTS.rotated, [2], async () => (await keys.generations()).inForce)

    // Symptom
    await inject(...nodes.map((node) => hostDestroyed(node)))

    // Procedure, first with a backup of before a downgrade
    const restore = () => perform(restoreCluster, { nodes, custody, bucket: access.bucket })
    const takeAway = await inspect.backups(access).plantNewer(NEWER)
    await check(FACTS.newer, true, async () => {
      const said = await restore().then(() => 'it came to its end', String)
      return REFUSED.test(said) || said
    })
    await check(FACTS.untouched, 0, async () => {
      return Object.values(await cluster.processes()).filter(({ pid }) => pid > 0).length
    })
    await takeAway()
    await restore()
    const noted = inspect.noting()
    const make = (generation: number) =>
      perform(generateRootTokenByShares, {
        shares: { secret: kept.secret, generation },
        use: noted.use,
      })

    // Verification
    await check(FACTS.restored, [1], async () => (await keys.generations()).inForce)
    await check(FACTS.term, term, () => keys.barrierTerm())
    await check(FACTS.canaries, canaries.all, () => canaries.readable())
    await check(FACTS.refused, true, async () => {
      const said = await make(2).then(() => 'it made one', String)
      return /recovery key verification failed/.test(said) || said
    })
    await check(FACTS.token, ['root'], async () => {
      await make(1)
      return noted.policies
    })
  },
)
