import { balancerKilled } from '../harness/faults/balancer.ts'
import { certificateExpired } from '../harness/faults/certificates.ts'
import { powerCut } from '../harness/faults/power.ts'
import { nodeSealed } from '../harness/faults/seal.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { renewCertificate } from '../harness/procedures/renew-certificate.ts'
import { restartBalancer } from '../harness/procedures/restart-balancer.ts'
import { restartSealedNode } from '../harness/procedures/restart-sealed-node.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  well: 'when all is well, a secret is found, a missing one is none',
  forbidden: 'a token that is not valid is raised, not none',
  balancer: 'without the balancer everything is raised, and the health check fails',
  expired: 'where the certificate of the leader has expired everything is raised',
  unnoticed: 'the balancer leads new clients to that leader all the same',
  sealed: 'a sealed node raises everything, and its health says sealed',
  leaderless: 'through the balancer nobody is reached while no node leads',
  left: 'the node that is left raises everything, and calls itself a standby',
  stopped: 'with all nodes down everything is raised, and the health check fails',
}

const SERVED = { read: 'found', missing: 'none' }
const NO_ANSWER = { read: 'raised: no answer', missing: 'raised: no answer' }
/** What the client says when its health check fails (HLD:613-615). */
const FAILED = { initialized: false, sealed: true, standby: false }

export const clientErrors = scenario(
  "The application's client tells a missing secret from an outage",
  {
    id: 'CL5',
    source: 'HLD:542-615, 906-939',
    hypothesis:
      'In every outage an error is raised; none is said only of a path that is not there.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [checks({ id: 'told', all: Object.values(FACTS), source: 'HLD:542-615' })],
    deadline: minutes(5),
  },
  async ({ check, cluster, inject, inspect, perform, until }) => {
    const { authority } = cluster
    if (authority === undefined)
      throw new Error('this scenario needs TLS; run it without --tls off')
    const path = `drill/client-${cluster.freshName()}`
    await cluster.secrets().write(path, { text: 'known' })
    const seenBy = async (client: ReturnType<typeof inspect.documentedClient>) => ({
      read: await client.read(path),
      missing: await client.read(`${path}-never`),
      health: await client.health(),
    })
    const client = inspect.documentedClient()
    const healthy = { initialized: true, sealed: false, standby: false }
    await check(FACTS.well, { ...SERVED, health: healthy }, () => seenBy(client))
    await check(FACTS.forbidden, 'raised: Forbidden', () => client.as('invalid').read(path))

    await inject(balancerKilled())
    await check(FACTS.balancer, { ...NO_ANSWER, health: FAILED }, () => seenBy(client))
    await perform(restartBalancer, { cluster })

    const expired = await cluster.leader()
    await inject(certificateExpired(expired))
    await check(FACTS.expired, { ...NO_ANSWER, health: FAILED }, () => {
      return seenBy(inspect.documentedClient())
    })
    await check(FACTS.unnoticed, 'CERT_HAS_EXPIRED', () => inspect.throughBalancer())
    await perform(renewCertificate, { node: expired, authority })

    const sealed = await cluster.leader()
    await inject(nodeSealed(sealed))
    const down = { read: 'raised: VaultDown', missing: 'raised: VaultDown' }
    const shut = { initialized: true, sealed: true, standby: true }
    await check(FACTS.sealed, { ...down, health: shut }, () => {
      return seenBy(inspect.documentedClient(sealed))
    })
    await perform(restartSealedNode, { node: sealed, custody: cluster.custody })

    const left = await cluster.leader()
    const standbys = await cluster.standbys()
    await inject(powerCut('standbys'))
    await until('the one that is left leads no more', async () => {
      return (await left.health()).status !== 200
    })
    // A status is still that node's: 429, or 474 from HashiCorp Vault, which knows that it lost the leader.
    await until('the balancer has noticed', async () => {
      return !/^\d+$/.test(await inspect.throughBalancer())
    })
    await check(FACTS.leaderless, { ...NO_ANSWER, health: FAILED }, () => seenBy(client))
    const refused = { read: 'raised: InternalServerError', missing: 'raised: InternalServerError' }
    await check(FACTS.left, { ...refused, health: { ...healthy, standby: true } }, () => {
      return seenBy(inspect.documentedClient(left))
    })
    await perform(startAllNodes, { nodes: standbys, custody: cluster.custody })

    await inject(powerCut('all'))
    await check(FACTS.stopped, { ...NO_ANSWER, health: FAILED }, () => seenBy(client))
    await perform(startAllNodes, { nodes: cluster.nodes, custody: cluster.custody })
    await until('a node leads through the balancer', async () => {
      return (await inspect.throughBalancer()) === '200'
    })
    await check(FACTS.well, { ...SERVED, health: healthy }, () => seenBy(client))
  },
)
