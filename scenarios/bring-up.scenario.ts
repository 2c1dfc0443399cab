import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  seal: 'the seal is awskms',
  encrypt: 'LocalStack has seen an Encrypt',
  leader: 'exactly one node leads',
  voters: 'three voters are healthy',
  tolerance: 'one node may be lost',
  mount: 'secret/ is KV version 2',
  policy: 'the tenant policy is there',
  audit: 'the audit file grows with a request',
  again: 'a second init is refused and changes nothing',
}

export const bringUp = scenario(
  'A cluster is brought up from nothing',
  {
    id: 'DP1',
    source: 'HLD:314-423, 1077-1097, 1128-1131; RB:260-267',
    hypothesis: 'Init, join, audit, KV and the tenant policy give a cluster that KMS unseals.',
    suites: ['smoke', 'nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [
      checks({ id: 'brought-up', all: Object.values(FACTS), source: 'HLD:1077-1097' }),
    ],
    mustObserve: ['kms-used'],
    deadline: minutes(2),
  },
  async ({ check, cluster, inspect }) => {
    const { readiness } = cluster
    const secrets = cluster.secrets()
    await check(FACTS.seal, 'awskms', async () => readiness.sealType)
    await check(FACTS.encrypt, true, async () => readiness.kmsEncrypts > 0)
    await check(FACTS.leader, 2, async () => (await cluster.standbys()).length)
    await check(FACTS.voters, 3, () => cluster.healthyVoters())
    await check(FACTS.tolerance, 1, async () => (await cluster.autopilot())?.failureTolerance)
    await check(FACTS.mount, '2', () => inspect.kvVersion())
    await check(FACTS.policy, 200, async () => {
      return (await secrets.call('GET', 'sys/policies/acl/tenant-access')).status
    })
    await check(FACTS.audit, true, async () => {
      const leader = await cluster.leader()
      const before = await inspect.auditBytes(leader)
      await secrets.write('drill/audited', { seen: true })
      return (await inspect.auditBytes(leader)) > before
    })
    await check(FACTS.again, { refused: true, leads: readiness.leader }, async () => {
      const { status } = await secrets.call('PUT', 'sys/init', {
        recovery_shares: 5,
        recovery_threshold: 3,
      })
      return { refused: status === 400, leads: (await cluster.leader()).name }
    })
  },
)
