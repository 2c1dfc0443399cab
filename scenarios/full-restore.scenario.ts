import { hostDestroyed } from '../harness/faults/volumes.ts'
import { hours, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { backup } from '../harness/procedures/backup.ts'
import { type RestoreCluster, restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  cluster: 'the cluster is the one that was lost, by its id',
  before: 'what was written before the snapshot is there',
  after: 'what was written after the snapshot is not',
}

const LOST = {
  revoked: 'no root token lives that did not live before',
  left: 'no share and no token is left in clear on the host',
}

export const fullRestore = scenario(
  'All nodes are lost with their disks, and the cluster comes back from its backup',
  {
    id: 'RS1',
    source: 'RB:205-283; HLD:847-858, 879-883',
    hypothesis:
      'The restored cluster serves within 15 min, people included, with all the backup had.',
    suites: (variant) =>
      variant === 'token-lost' ? ['nightly', 'drill'] : ['smoke', 'nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    cluster: (variant) =>
      variant === 'token-lost' ? { custody: 'secrets-manager', rootToken: 'by-shares' } : {},
    objectives: (multiplier, variant) => [
      // Ours: three times of what the machines need on two cores, so a restore that crawls is seen.
      rto({
        id: 'rto-of-machines',
        within: seconds(multiplier === 1 ? 60 : 120),
        source: 'docs/performance.md',
      }),
      // To agree on a root token and to fetch the shares is declared with 12 min of its own.
      variant === 'token-lost'
        ? rto({ within: minutes(30), people: 'added', source: 'RB:30' })
        : rto({ within: minutes(15), people: 'added', source: 'HLD:882; RB:30' }),
      rpo({ within: hours(1), source: 'RB:31' }),
      checks({ id: 'restored', all: Object.values(FACTS), source: 'RB:269-271; HLD:1136' }),
      ...(variant === 'token-lost'
        ? [checks({ id: 'tokens', all: Object.values(LOST), source: 'RB:227, 240, 371' })]
        : []),
    ],
    mustObserve: ['bad-probe', 'write-lost-by-restore', 'read-from-each-node'],
    deadline: minutes(6),
  },
  {
    'token-kept': (verbs) => losing(verbs, verbs.cluster.custody),
    'token-lost': withoutToken,
  },
)

async function losing(
  { check, cluster, dwell, inject, inspect, perform, until }: Verbs,
  custody: RestoreCluster['custody'],
): Promise<void> {
  const name = `drill/restore-${cluster.freshName()}`
  const before = await inspect.clusterId()
  await cluster.secrets().write(`${name}/before`, { text: 'written before the snapshot' })
  const access = await cluster.backupAccess()
  await perform(backup, { access, kind: 'daily' })
  await cluster.secrets().write(`${name}/after`, { text: 'written after the snapshot' })
  await dwell('writes after the snapshot', seconds(2))

  // Symptom
  await inject(...cluster.nodes.map((node) => hostDestroyed(node)))

  // Procedure
  const { nodes } = cluster
  await perform(restoreCluster, { nodes, custody, bucket: access.bucket })

  // Verification
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  await check(FACTS.cluster, before, () => inspect.clusterId())
  const secrets = cluster.secrets()
  await check(FACTS.before, 200, async () => (await secrets.read(`${name}/before`)).status)
  await check(FACTS.after, 404, async () => (await secrets.read(`${name}/after`)).status)
}

/** Root tokens were revoked, as they ought to be; what is left are the shares in the secret. */
async function withoutToken(verbs: Verbs): Promise<void> {
  const { check, cluster, inspect } = verbs
  const kept = await cluster.team.keepShares()
  const keys = inspect.keys(kept)
  const before = await keys.rootTokens()
  await losing(verbs, { shares: { secret: kept.secret } })
  await check(LOST.revoked, before, () => keys.rootTokens())
  await check(LOST.left, [], () => keys.leftInClear())
}
