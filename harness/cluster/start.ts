import { all } from '../lib/all.ts'
import { type Authority, createAuthority } from '../lib/certificates.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { VaultClient } from '../vault/client.ts'
import type { KmsSeal } from '../vault/configuration.ts'
import { type Initialized, InitOutcomeUnknown } from '../vault/init.ts'
import { writeSecret } from '../vault/kv.ts'
import { leaderView } from '../vault/leader.ts'
import type { Product } from '../vault/product.ts'
import { autopilotState, joinRaft, raftPeers } from '../vault/raft.ts'
import { sealStatus } from '../vault/seal.ts'
import type { AwsPlace } from './aws-place.ts'
import { Cluster } from './cluster.ts'
import { furnish } from './furnish.ts'
import { type Ground, Holdings, type Pod, startPod } from './ground.ts'
import { initializeNode, joinByShares } from './initialize-node.ts'
import type { ClusterNeeds } from './needs.ts'
import type { Node } from './node.ts'
import { Parts } from './parts.ts'
import { type ServerSpec, startServer } from './server.ts'
import { startSurroundings } from './surroundings.ts'
import { API_PORT, addressIn, type PodPlan, topologyOf } from './topology.ts'

export type ClusterSpec = {
  readonly product: Product
  readonly multiplier: number
  readonly tls: boolean
  /** Which of the run's clusters this is, from 0: decides its addresses. */
  readonly index: number
  readonly needs: ClusterNeeds
  /** Where the pods' links to AWS lead. */
  readonly aws: Address
  /** Waits until the KMS is there and gives a key of its own for this cluster. */
  readonly seal: () => Promise<{ readonly seal: KmsSeal; readonly aws: AwsPlace }>
  /** How many Encrypt calls the KMS has answered so far, by its own record. */
  readonly kmsEncrypts: () => Promise<number>
}

const NODES = 3
const INIT_ATTEMPTS = 3

/**
 * Starts a cluster and returns when it is ready: three voters, autopilot healthy, a write
 * acknowledged through the balancer, and the KMS really used. Whatever was made is removed when
 * it fails.
 *
 * It is quick for three reasons (performance.md §2.1): joins are explicit instead of racing
 * `retry_join`; a joined node is restarted, because it would unseal only on a 5 s tick of its
 * first process; and each standby is asked who leads, which makes it report to the leader at
 * once instead of at its next 2.5 s tick, so that autopilot can promote it.
 */
export async function startCluster(
  ground: Ground,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<Cluster> {
  const holdings = new Holdings(ground, `drill-${ground.runId}-${spec.index}`)
  const stop = new AbortController()
  const pending: Promise<unknown>[] = []
  /** Work beside the critical path; its failure is met where it is awaited. */
  const beside = <T>(work: Promise<T>): Promise<T> => {
    pending.push(work.catch(() => {}))
    return work
  }
  try {
    return await build(ground, holdings, spec, AbortSignal.any([signal, stop.signal]), beside)
  } catch (error) {
    // What is still being made must be there before it can be removed.
    stop.abort(error)
    await Promise.all(pending)
    await holdings.removeAll()
    throw error
  }
}

type Beside = <T>(work: Promise<T>) => Promise<T>

async function build(
  ground: Ground,
  holdings: Holdings,
  spec: ClusterSpec,
  signal: AbortSignal,
  beside: Beside,
): Promise<Cluster> {
  const parts = new Parts()
  const wanted = spec.needs.nodes ?? NODES
  const topology = topologyOf({
    nodes: wanted,
    address: addressIn(ground.address, spec.index),
    aws: spec.aws,
  })
  const authority = spec.tls ? await createAuthority('vault-drill run') : undefined
  const [firstPlan, ...otherPlans] = topology.nodes as [PodPlan, ...PodPlan[]]
  const firstPod = await startPod(ground, holdings, firstPlan, [API_PORT], signal)
  parts.end('first pod')
  // Nobody needs the others before the first node leads, so its start has the machine to itself.
  const otherPods = beside(
    all(otherPlans.map((plan) => startPod(ground, holdings, plan, [API_PORT], signal))),
  )
  const { seal, aws } = await spec.seal()
  const encryptsBefore = await spec.kmsEncrypts()
  parts.end('kms')
  const serverSpec: ServerSpec = {
    product: spec.product,
    clusterName: `drill-${ground.runId}-${spec.index}`,
    multiplier: spec.multiplier,
    seal,
    authority,
    needs: spec.needs,
  }
  const others = beside(
    otherPods.then((pods) =>
      all(pods.map((pod) => startServer(ground, holdings, pod, serverSpec))),
    ),
  )
  const surroundings = beside(
    others.then(() => startSurroundings(ground, holdings, topology, authority, signal)),
  )
  const { leader, initialized } = await leadingNode(ground, holdings, firstPod, serverSpec, signal)
  parts.end('init')
  const joiners = await others
  const nodes = [leader, ...joiners]
  const root = leader.client.withToken(initialized.rootToken)
  const furnished = beside(furnish(root, spec.product, spec.needs, signal))
  const keys = spec.needs.seal === 'shamir' ? initialized.recoveryKeys : undefined
  await all(joiners.map((joiner) => join(joiner, leader, root, authority, keys, signal)))
  parts.end('joined')
  await untilVoters(root, wanted, signal)
  parts.end('voters')
  const [tokens, around] = await Promise.all([furnished, surroundings])
  parts.end('furnished')
  const viaBalancer = new VaultClient({
    node: 'balancer',
    address: around.balancer.address,
    tls: authority === undefined ? undefined : { ca: authority.ca, servername: 'balancer' },
    token: initialized.rootToken,
  })
  await untilBalancerWrites(viaBalancer, signal)
  await viaBalancer.close()
  parts.end('balancer')
  const { type } = await sealStatus(leader.client, { signal })
  return new Cluster(
    {
      ground,
      holdings,
      product: spec.product,
      multiplier: spec.multiplier,
      nodes,
      topology,
      aws,
      surroundings: around,
      authority,
      rootToken: initialized.rootToken,
      recoveryKeys: initialized.recoveryKeys,
      probeToken: tokens.probe,
      serverSpec,
    },
    {
      leader: leader.name,
      voters: nodes.map(({ name }) => name),
      sealType: type,
      kmsEncrypts: (await spec.kmsEncrypts()) - encryptsBefore,
      parts: parts.ms,
    },
  )
}

/**
 * A server on an empty disk, initialised and leading. An init with an unknown outcome may have
 * been applied with keys that nobody has: the disk is thrown away.
 */
async function leadingNode(
  ground: Ground,
  holdings: Holdings,
  pod: Pod,
  spec: ServerSpec,
  signal: AbortSignal,
): Promise<{ leader: Node; initialized: Initialized }> {
  for (let attempt = 1; ; attempt++) {
    const node = await startServer(ground, holdings, pod, spec)
    try {
      await node.is(['uninitialized'], { within: seconds(60), signal })
      const initialized = await initializeNode(node, spec.needs, { signal })
      await node.is(['leader'], { within: seconds(60), signal })
      return { leader: node, initialized }
    } catch (error) {
      if (!(error instanceof InitOutcomeUnknown) || attempt === INIT_ATTEMPTS) {
        throw await withLog(error, node)
      }
      await holdings.discard(node.vault)
      await holdings.discardVolume(node.volume)
    }
  }
}

async function join(
  joiner: Node,
  leader: Node,
  root: VaultClient,
  authority: Authority | undefined,
  keys: readonly Secret[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const scheme = authority === undefined ? 'http' : 'https'
  const at = { leaderAddress: `${scheme}://${leader.name}:${API_PORT}`, leaderCa: authority?.ca }
  const joined =
    keys === undefined
      ? joinBySeal(joiner, root, at, signal)
      : joinByShares(joiner, keys, at, signal)
  await joined.catch(async (error) => {
    throw await withLog(error, joiner)
  })
  await until(
    `${joiner.name} knows the leader`,
    async () => {
      const { leaderAddress } = await leaderView(joiner.client, { within: seconds(1), signal })
      return leaderAddress === '' ? notYet('it names none') : happened(true)
    },
    { within: seconds(30), every: milliseconds(50), signal },
  )
}

async function joinBySeal(
  joiner: Node,
  root: VaultClient,
  at: { readonly leaderAddress: string; readonly leaderCa: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  await until(
    `${joiner.name} joins`,
    async () => {
      await joinRaft(joiner.client, { ...at, signal })
      const peers = (await raftPeers(root, { signal })).map(({ node }) => node)
      if (!peers.includes(joiner.name)) return notYet(`the peers are ${peers}`)
      // Being listed is not enough: restarted before the first entries are on its disk, the node
      // comes back as one that never joined, and as a peer it cannot join again. Its seal's
      // configuration is among the last that `init` wrote.
      const { shares } = await sealStatus(joiner.client, { signal })
      return shares > 0 ? happened(true) : notYet('it has no seal configuration yet')
    },
    { within: seconds(30), every: milliseconds(20), signal },
  )
  await joiner.restart()
  await joiner.is(['standby'], { within: seconds(60), signal })
}

async function untilVoters(root: VaultClient, wanted: number, signal: AbortSignal): Promise<void> {
  await until(
    `${wanted} voters are healthy`,
    async () => {
      const state = await autopilotState(root, { signal })
      if (state === undefined) return notYet('autopilot has no state yet')
      const { voters, healthy } = state
      return voters.length === wanted && healthy
        ? happened(true)
        : notYet(`${voters.length} voters, ${healthy ? 'healthy' : 'not healthy'}`)
    },
    { within: seconds(90), every: milliseconds(25), signal },
  )
}

async function untilBalancerWrites(balancer: VaultClient, signal: AbortSignal): Promise<void> {
  await until(
    'a write is acknowledged through the balancer',
    async () => happened(await writeSecret(balancer, 'drill/ready', { ready: true }, { signal })),
    { within: seconds(30), every: milliseconds(50), signal },
  )
}

/** A server that fails at its start says why in its own log, and the container is gone later. */
async function withLog(error: unknown, node: Node): Promise<unknown> {
  if (!(error instanceof Error)) return error
  const log = await node.vault.logs(5).catch(() => '')
  if (log.trim() !== '') error.message += `; the last lines of ${node.name}: ${log.trim()}`
  return error
}
