import { keyReplaced } from '../harness/faults/kms-material.ts'
import { stopped } from '../harness/faults/process.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { backup } from '../harness/procedures/backup.ts'
import { restartSealedNode } from '../harness/procedures/restart-sealed-node.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { restoreKey } from '../harness/procedures/restore-key.ts'
import { restoreVerify } from '../harness/procedures/restore-verify.ts'
import { unsealNodes } from '../harness/procedures/unseal-nodes.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  sealed: 'a node that starts without its key stays sealed',
  typed: 'three recovery keys open nothing',
  node: 'no procedure for a sealed node ends well',
  beside: 'the backup cannot be restored beside the cluster',
  cluster: 'nor does the cluster come back from it when its disks are lost',
  back: 'what no operator had, the lost material, is all that was missing',
}

export const kmsKeyLost = scenario(
  'The material of the seal’s key is gone, and nobody has kept it',
  {
    id: 'SL10',
    source: 'RB:356',
    hypothesis: 'Nothing brings the data back, and no procedure says that it did.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'broken',
    // A bucket in which nobody else's backups are.
    cluster: { aws: 'own' },
    objectives: () => [checks({ id: 'lost', all: Object.values(FACTS), source: 'RB:356' })],
    deadline: minutes(8),
  },
  async ({ check, choose, cluster, heal, holds, inject, inspect, perform, until }) => {
    const { nodes, custody } = cluster
    const node = choose('standby', await cluster.standbys())
    const { bucket, ...access } = await cluster.backupAccess()
    const canaries = await inspect.canaries(5)
    const { holders } = await cluster.team.handOut()
    const ends = (performed: Promise<unknown>) =>
      performed.then(
        () => 'well',
        () => 'with an error',
      )
    await perform(backup, { access: { bucket, ...access }, kind: 'daily' })

    // Symptom
    const lost = keyReplaced()
    await inject(lost)
    const stop = stopped(node)
    await inject(stop)
    await node.start()
    await until('it answers', async () => (await inspect.connectionTo(node)) === 'open')
    await holds(FACTS.sealed, seconds(10), async () => (await node.health()).status === 503)
    await check(FACTS.typed, true, async () => {
      const said = await inspect.unsealWith(node, cluster.team.recoveryKeys.slice(0, 3))
      return /^[45]00 /.test(said) || said
    })

    // Procedure
    await check(FACTS.node, ['with an error', 'with an error', 'with an error'], async () => [
      await ends(perform(restoreKey, { node, custody, admin: cluster.team.kmsAdmin })),
      await ends(perform(restartSealedNode, { node, custody })),
      await ends(perform(unsealNodes, { nodes: [node], shares: { holders }, custody })),
    ])
    const given = { bucket, custody, under: canaries.under }
    await check(FACTS.beside, 'with an error', () => ends(perform(restoreVerify, given)))
    await heal(stop) // its plan names a machine that is about to be replaced
    await inject(...nodes.map((each) => hostDestroyed(each)))
    const restored = () => ends(perform(restoreCluster, { nodes, custody, bucket }))
    await check(FACTS.cluster, 'with an error', restored)

    // Verification: the harness, which no operator can ask, gives the material back
    await heal(lost)
    await check(FACTS.back, ['well', canaries.all], async () => [
      await restored(),
      await canaries.readable(),
    ])
  },
)
