import { GRANTED, REFUSED } from '../harness/documents/tenant-answers.ts'
import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rejoinNode } from '../harness/procedures/rejoin-node.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  own: 'a tenant writes, reads and lists its own secrets through every node',
  before: 'every reach for another tenant is refused through every node',
  during: 'no reach for another tenant is granted while the leader crashes',
  after: 'it is refused through every node after the crash, too',
  kept: 'the other tenant still reads what it wrote',
  gaps: 'the tenant policy leaves out what it is known to leave out',
  application: 'the application policy opens every tenant to its reader, and nothing else',
  wildcard: 'a tenant whose id is a wildcard of policies reaches what it is known to reach',
}

/** Beyond what a tenant should have, the policy as documented gives and refuses this. */
const GAPS = {
  'delete the latest version': 204,
  'undelete it': 403,
  'delete a chosen version': 403,
  'destroy a version': 403,
  'delete metadata and all versions': 403,
  'set metadata': 403,
  'list its own top folder': 200,
}

/** `+` stands for any one part of a path: HashiCorp Vault takes it over from the template. */
const OPENED = { read: 200, write: 200, create: 200, delete: 204, list: 200 }

export const tenantIsolation = scenario(
  'A tenant reaches for the secrets of another while the leader crashes',
  {
    id: 'AC1',
    source: 'HLD:392-408, 684-697',
    hypothesis: 'No node ever grants a tenant what belongs to another one.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      checks({ id: 'isolated', all: Object.values(FACTS), source: 'HLD:392-408, 684-697' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    mustObserve: ['leader-changed', 'read-from-each-node'],
    deadline: minutes(3),
  },
  async ({ check, cluster, holds, inject, perform, until }) => {
    const [a, b] = [
      await cluster.tenant(cluster.freshName()),
      await cluster.tenant(cluster.freshName()),
    ]
    const onEach = <T>(ask: (node: typeof leader) => Promise<T>) =>
      Promise.all(cluster.nodes.map(ask))
    const fromA = () => onEach((node) => a.trespass(b, node))
    const reaches = async () => [
      ...(await fromA()),
      ...(await onEach((node) => b.trespass(a, node))),
    ]
    const all = <T>(one: T) => [...cluster.nodes, ...cluster.nodes].map(() => one)
    const leader = await cluster.leader()
    await Promise.all([a.own(), b.own()])
    // A standby that reads from its own copy may be behind for a moment.
    await until('every node knows both tenants', async () => {
      const read = [
        ...(await onEach((node) => a.reads(node))),
        ...(await onEach((node) => b.reads(node))),
      ]
      return read.every((status) => status === 200)
    })
    await check(FACTS.own, all(GRANTED), async () => [
      ...(await onEach((node) => a.own(node))),
      ...(await onEach((node) => b.own(node))),
    ])
    await check(FACTS.before, all(REFUSED), reaches)

    // Symptom
    const isDenied = async () => {
      const statuses = (await fromA()).flatMap((each) => Object.values(each))
      // Without a leader an answer may also be an error, missing, or lead to one that is gone.
      const denies = (status: number) => [307, 403].includes(status) || status >= 500
      return statuses.every((status) => status === 'silent' || denies(status))
    }
    await Promise.all([inject(killed(leader)), holds(FACTS.during, seconds(8), isDenied)])
    await holds(FACTS.during, seconds(8), isDenied) // the first one may have begun long before

    // Procedure
    await perform(rejoinNode, { node: leader, custody: cluster.custody })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.after, all(REFUSED), reaches)
    await check(FACTS.kept, b.id, async () => {
      return ((await b.secrets().read(b.path)).data as { api_key?: string } | undefined)?.api_key
    })
    const isVault = cluster.product === 'vault'
    const gaps = { ...GAPS, 'list by the data path': isVault ? 404 : 405 }
    await check(FACTS.gaps, gaps, () => a.beyond())
    const application = await cluster.tenant(cluster.freshName(), { policies: ['application'] })
    await check(FACTS.application, { ...REFUSED, read: 200 }, () => application.trespass(b))
    const wildcard = await cluster.tenant('+')
    const reached = isVault ? { ...REFUSED, ...OPENED } : REFUSED
    await check(FACTS.wildcard, reached, () => wildcard.trespass(b))
  },
)
