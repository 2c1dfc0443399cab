import type { JournalData } from '../journal/entry.ts'
import type { Authority } from '../lib/certificates.ts'
import { type Duration, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import type { Abilities } from '../stack/abilities.ts'
import type { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import type { ToolboxSpec } from '../stack/toolbox.ts'
import type { VaultClient } from '../vault/client.ts'
import { type Product, type ProductFacts, products } from '../vault/product.ts'
import { type AutopilotState, type RaftPeer, raftPeers } from '../vault/raft.ts'
import { seal } from '../vault/seal.ts'
import type { RoleOptions } from './app-role.ts'
import type { AwsPlace } from './aws-place.ts'
import { type BackupAccess, type BackupAccessOptions, makeBackupAccess } from './backup-access.ts'
import { cleanStart } from './clean-start.ts'
import { Clients } from './clients.ts'
import { converge } from './converge.ts'
import type { Custody } from './custody.ts'
import { auditTools, diskTools } from './disks.ts'
import type { Ground, Holdings, Pod } from './ground.ts'
import type { Node } from './node.ts'
import type { Operator } from './operator.ts'
import { NO_LOG, type OperationLog, type OperatorNotes } from './operator-notes.ts'
import { operatorOf, type SignsIn } from './operator-of.ts'
import { type ProbeTargets, probeTargets } from './probe-targets.ts'
import { type SavedCluster, save } from './saved.ts'
import { Secrets } from './secrets.ts'
import type { ServerSpec } from './server.ts'
import { dismiss, startSpare } from './spare.ts'
import type { Surroundings } from './surroundings.ts'
import { Team } from './team.ts'
import { Tenant } from './tenant.ts'
import type { Topology } from './topology.ts'
import { View } from './view.ts'
import { Workplace } from './workplace.ts'

export type ClusterParts = {
  readonly ground: Ground
  readonly holdings: Holdings
  readonly product: Product
  readonly multiplier: number
  readonly nodes: readonly Node[]
  readonly topology: Topology
  readonly aws: AwsPlace
  readonly surroundings: Surroundings
  readonly authority: Authority | undefined
  readonly rootToken: Secret
  readonly recoveryKeys: readonly Secret[]
  readonly probeToken: Secret
  readonly serverSpec: ServerSpec
}

export type Gate = JournalData['gate']
export type Readiness = JournalData['cluster.ready']

/** A running cluster and everything around it that is its own. */
export class Cluster {
  readonly #parts: ClusterParts
  readonly #view: View
  readonly #clients: Clients
  #names = 0
  readonly readiness: Readiness
  readonly workplace: Workplace
  readonly team: Team

  constructor(parts: ClusterParts, readiness: Readiness) {
    this.#parts = parts
    this.readiness = readiness
    this.workplace = new Workplace(parts)
    this.team = new Team(parts)
    this.#clients = new Clients(parts.authority)
    this.#view = new View(parts.nodes.map(({ client }) => client.withToken(parts.rootToken)))
  }

  get nodes(): readonly Node[] {
    return this.#parts.nodes
  }

  get docker(): Docker {
    return this.#parts.ground.docker
  }

  /** Id of the run that everything of it is labelled with. */
  get run(): string {
    return this.#parts.ground.runId
  }

  /** Name of the network that its pods are in. */
  get network(): string {
    return this.#parts.ground.network
  }

  /** What faults may count on here. */
  abilities(): Promise<Abilities> {
    return this.#parts.ground.abilities()
  }

  /** The emulator as this cluster uses it. */
  get aws(): AwsPlace {
    return this.#parts.aws
  }

  /** Every pod by its name: the nodes', `balancer` and `operator`. */
  pod(name: string): Pod {
    const { surroundings, topology } = this.#parts
    if (name === 'balancer') return surroundings.balancer.pod
    if (name === 'operator') return surroundings.operator.pod
    const plan = topology.nodes.find((each) => each.name === name)
    if (plan === undefined) throw new RangeError(`there is no pod ${name}`)
    const { pod, links } = this.node(name)
    return { container: pod, links, plan }
  }

  /** The balancer itself, which lives in the pod of that name. */
  get balancer(): Container {
    return this.#parts.surroundings.balancer.container
  }

  /** A shell with iptables in the network namespace of a pod. */
  toolbox(pod: string): ToolboxSpec {
    return this.#parts.holdings.toolbox(pod, { pod: this.pod(pod).container.id })
  }

  /** A shell with the node's disk at `/data`; the server may run or not. */
  diskTools = (node: Node): ToolboxSpec => diskTools(this.#parts.holdings, node)

  /** The same with its audit file in `/audit`; `undefined` where that has no volume. */
  auditTools = (node: Node): ToolboxSpec | undefined => auditTools(this.#parts.holdings, node)

  get product(): Product {
    return this.#parts.product
  }

  /** What is particular about this product. */
  get facts(): ProductFacts {
    return products[this.product]
  }

  get authority(): Authority | undefined {
    return this.#parts.authority
  }

  /** Raft's heartbeat timeout: 1 s times the multiplier. */
  get heartbeat(): Duration {
    return seconds(this.#parts.multiplier)
  }

  /** The same cluster, reached by its clients at another address than the balancer's own. */
  via(address: Address): Cluster {
    const { surroundings } = this.#parts
    const balancer = { ...surroundings.balancer, address }
    return new Cluster(
      { ...this.#parts, surroundings: { ...surroundings, balancer } },
      this.readiness,
    )
  }

  viaOperator = (): Cluster => this.via(this.#parts.surroundings.operator.addressOf('balancer'))

  /** What the probe needs to dial everything directly, through no link of the operator's. */
  get probeTargets(): ProbeTargets {
    return probeTargets(this.#parts)
  }

  node(name: string): Node {
    const node = this.nodes.find((each) => each.name === name)
    if (node === undefined) throw new RangeError(`there is no node ${name}`)
    return node
  }

  /** @throws {NeverHappened} when nobody leads, or two do, for a minute. */
  async leader(): Promise<Node> {
    return this.node(await this.#view.leader())
  }

  /** A node that leads now and is not this one. */
  async leaderOtherThan(node: Node): Promise<Node | undefined> {
    const leaders = await this.#view.leaders()
    const other = leaders.find((name) => name !== node.name)
    return other === undefined ? undefined : this.node(other)
  }

  async isLedByOtherThan(node: Node): Promise<boolean> {
    return (await this.leaderOtherThan(node)) !== undefined
  }

  async standbys(): Promise<readonly Node[]> {
    const leader = await this.leader()
    return this.nodes.filter((node) => node !== leader)
  }

  term = (): Promise<number> => this.#view.term()

  stepDown = (leader: Node): Promise<void> => this.#view.stepDown(leader.name)

  async peers(): Promise<readonly RaftPeer[]> {
    return raftPeers(this.onNode(await this.leader()), { within: seconds(5) })
  }

  autopilot = (): Promise<AutopilotState | undefined> => this.#view.autopilot()

  /** The process of each node's server, by the engine: its pid on the host and its age. */
  async processes(): Promise<JournalData['node.processes']['nodes']> {
    const seen = this.nodes.map(async (node) => [node.name, await node.process()] as const)
    return Object.fromEntries(await Promise.all(seen))
  }

  async healthyVoters(): Promise<number> {
    const state = await this.#view.autopilot()
    return (
      state?.servers.filter((each) => each.healthy && state.voters.includes(each.node)).length ?? 0
    )
  }

  /** All that writes a log. */
  get containers(): readonly { readonly name: string; readonly container: Container }[] {
    const pods = [...this.nodes.map(({ name }) => name), 'balancer', 'operator']
    return [
      ...this.nodes.map(({ name, vault }) => ({ name, container: vault })),
      { name: 'balancer', container: this.balancer },
      ...pods.map((name) => ({ name: `${name}-pod`, container: this.pod(name).container })),
    ]
  }

  /** Client with every right, through the balancer. */
  viaBalancer(): VaultClient {
    const { surroundings, rootToken } = this.#parts
    return this.#clients.at('balancer', surroundings.balancer.address, rootToken)
  }

  /** Client with every right on one node. */
  onNode = (node: Node): VaultClient => this.#view.client(node.name)

  /** The application's view: secrets through the balancer. */
  secrets = (): Secrets => new Secrets(this.viaBalancer())

  /** What the team keeps outside of the cluster. */
  get custody(): Custody {
    return this.team.custody
  }

  /** A person on call, with a folder of their own and the token that they are given, if any. */
  operator(
    signal: AbortSignal,
    { notes, log = NO_LOG, token }: SignsIn & { notes: OperatorNotes; log?: OperationLog },
  ): Operator {
    return operatorOf(this.#parts, this.#clients, { notes, log, signal, token })
  }

  /** Whether a fault may be injected now, and why not. */
  cleanStart(signal: AbortSignal): Promise<Gate> {
    const { balancer, operator } = this.#parts.surroundings
    const links = [...this.nodes, balancer.pod, operator.pod].map((pod) => pod.links)
    return cleanStart(
      { nodes: this.nodes, view: this.#view, links, heartbeat: this.heartbeat },
      signal,
    )
  }

  /**
   * Waits until all voters are healthy and have applied the same index. Nothing may write
   * meanwhile, or the indexes never meet.
   * @throws {NeverHappened} with what differs.
   */
  converge = (signal: AbortSignal): Promise<JournalData['converged']> =>
    converge(this.nodes, this.#view, signal)

  /** An uninitialised server beside the cluster; stop it with `dismiss`. */
  startSpare = (options: Pick<ServerSpec, 'clientCertificates'> = {}): Promise<Node> =>
    startSpare(this.#parts, options)

  /** Removes a spare node with its pod and its disk. */
  dismiss = (spare: Node): Promise<void> => dismiss(this.#parts, spare)

  /** Seals the leader by API. With a KMS seal only a restart of its process opens it again. */
  seal = (leader: Node): Promise<void> => seal(this.onNode(leader), { within: seconds(10) })

  freshName = (): string => `${Math.round(performance.now())}-${this.#names++}`

  /** What the backup job is given: a token of its own, and a key for what it stores. */
  backupAccess = (options: BackupAccessOptions = {}): Promise<BackupAccess> =>
    makeBackupAccess(this.viaBalancer(), this.aws, options)

  /** A tenant's application with an entity and a role of its own, logged in. */
  tenant = (id: string, role: RoleOptions = {}): Promise<Tenant> => Tenant.of(this, id, role)

  /** All that another process needs to use it, secrets too. */
  save = (): Promise<SavedCluster> => save(this.#parts, this.readiness)

  /** Removes everything the cluster has made. Twice is harmless. */
  async remove(): Promise<void> {
    // Before their other end is gone with its network, which would leave them hanging for minutes.
    await Promise.all([this.#clients, ...this.nodes.map(({ client }) => client)].map(closed))
    await this.#parts.holdings.removeAll()
  }
}

const closed = (clients: { readonly close: () => Promise<void> }): Promise<void> => clients.close()
