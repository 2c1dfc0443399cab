import { RunClock, wallClockMs } from '../lib/clock.ts'
import { type Duration, seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { shownCertificate, type TlsClient, tlsHandshake } from '../lib/tls-handshake.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { healthBody, healthWithStandbyOk, readHealth } from '../vault/health.ts'
import { KV_MOUNT, writeSecret } from '../vault/kv.ts'
import { products } from '../vault/product.ts'
import { type Answers, answersOf } from './answers.ts'
import { answersThrough } from './answers-through.ts'
import { AuditTrail, auditedReads } from './audit-trail.ts'
import type { BackupAccess } from './backup-access.ts'
import { BackupEvidence } from './backup-evidence.ts'
import { bridgingOf, hitsOf, ratioOf, staleness } from './cache-findings.ts'
import { CachedClient, type CachedClientOptions } from './cached-client.ts'
import { Canaries } from './canaries.ts'
import type { Cluster } from './cluster.ts'
import { DirectTalk } from './direct-talk.ts'
import { AUDIT_FILE } from './disks.ts'
import { DocumentedClient } from './documented-client.ts'
import { HeldReads } from './held-reads.ts'
import { readSnapshot, textsIn } from './in-clear.ts'
import { KeyEvidence } from './key-evidence.ts'
import { sealKey, unsealWith } from './key-questions.ts'
import { entriesIn, levelOf, type VitalsLook, vitalsInWords, vitalsWhile } from './levelling.ts'
import { changedBetween, type MountPrint, mountPrint } from './mount-print.ts'
import type { Node } from './node.ts'
import { NotedTokens } from './noted-tokens.ts'
import { OldMachine } from './old-machine.ts'
import { RestoreCells } from './restore-cells.ts'
import { type Planted, plant } from './resurrection.ts'
import { trialSnapshot, unsealAttempt } from './seal-signs.ts'
import { Secrets } from './secrets.ts'
import { fewestServing } from './serving.ts'
import type { KeptShares } from './team.ts'

/** The body that the runbook expects (RB:574-584). */
const RUNBOOK_HEALTH_FIELDS = [
  'initialized',
  'sealed',
  'standby',
  'performance_standby',
  'replication_performance_mode',
  'replication_dr_mode',
  'server_time_utc',
  'version',
]

const LARGE_BYTES = 384 * 1024

/** What scenarios ask a cluster about itself; every answer is a fact to compare. */
export class Inspection {
  readonly #cluster: Cluster
  readonly #clock: RunClock
  readonly #operatorFolder: string
  #balancer: VaultClient | undefined
  readonly #started: { readonly end: () => Promise<void> }[] = []

  constructor(cluster: Cluster, clock: RunClock = new RunClock(), operatorFolder = '') {
    this.#cluster = cluster
    this.#clock = clock
    this.#operatorFolder = operatorFolder
  }

  /** Who says now that it leads; nodes that do not answer say nothing. */
  async leaders(): Promise<readonly string[]> {
    const said = this.#cluster.nodes.map(async (node) => {
      const state = await node.health().then(
        (health) => health.state,
        () => 'silent',
      )
      return state === 'leader' ? [node.name] : []
    })
    return (await Promise.all(said)).flat()
  }

  /** The fewest voters that were up and unsealed at one look while that went on. */
  fewestServing(act: () => Promise<unknown>): ReturnType<typeof fewestServing> {
    return fewestServing(this.#cluster, act)
  }

  /** Asks this node alone, past balancer and links, until `end`. */
  talkTo = (node: Node): Promise<DirectTalk> => DirectTalk.start(this.#cluster, node, this.#clock)

  /** `2` when `secret/` is mounted as KV version 2. */
  async kvVersion(): Promise<string | undefined> {
    const { data } = await this.#cluster.secrets().call('GET', 'sys/mounts')
    const mounts = data as Record<string, { options?: { version?: string } | null } | undefined>
    return mounts[`${KV_MOUNT}/`]?.options?.version
  }

  /** What each node itself answers to a read of this secret; a status. */
  async readOnEach(path: string): Promise<readonly number[]> {
    const read = this.#cluster.nodes.map((node) =>
      new Secrets(this.#cluster.onNode(node)).read(path),
    )
    return (await Promise.all(read)).map(({ status }) => status)
  }

  healthWithStandbyOk = (node: Node): Promise<number> =>
    healthWithStandbyOk(node.client, { within: seconds(2) })

  /** Those fields of RB:574-584 that the node's health answer does not have. */
  async missingHealthFields(node: Node): Promise<readonly string[]> {
    const body = await healthBody(node.client, { within: seconds(2) })
    return RUNBOOK_HEALTH_FIELDS.filter((field) => !(field in body))
  }

  /** `open`, or the system's name of why a connection to the node's API cannot be made. */
  async connectionTo(node: Node): Promise<string> {
    return node.health().then(
      () => 'open',
      (error) => (error instanceof RequestFailed ? error.code : String(error)),
    )
  }

  /** What the node says to each kind of question; the secret is written anew. */
  answersOf = (node: Node, path: string): Promise<Answers> =>
    answersOf(this.#cluster.onNode(node), path)

  /** Whether a write is acknowledged within 5 s, through the balancer or by this node. */
  async acknowledges(node?: Node): Promise<boolean> {
    const cluster = this.#cluster
    // One client for all that is asked: each has connections of its own.
    this.#balancer ??= cluster.viaBalancer()
    const client = node === undefined ? this.#balancer : cluster.onNode(node)
    return writeSecret(client, `drill/asked-${cluster.freshName()}`, {}, { within: seconds(5) })
      .then(() => true)
      .catch((error) => {
        if (error instanceof VaultError || error instanceof RequestFailed) return false
        throw error
      })
  }

  /** Clients that are connected to this node alone and read this secret there. */
  heldReads(node: Node, path: string, clients: number): Promise<HeldReads> {
    const target = this.#cluster.probeTargets.nodes.find(({ name }) => name === node.name)
    const { token } = this.#cluster.onNode(node)
    if (target === undefined || token === undefined)
      throw new RangeError(`there is no node ${node.name}`)
    return HeldReads.connect(target, token, path, clients)
  }

  /** A TLS handshake with the node's API, as a client of another kind would make it. */
  handshake = (node: Node, client: Omit<TlsClient, 'servername'>): Promise<string> =>
    tlsHandshake(node.address, { servername: node.name, ...client })

  /** Fingerprint of the certificate that the node shows a new client. */
  certificateOf(node: Node): Promise<string> {
    return shownCertificate(node.address, node.name)
  }

  /** What the cluster calls itself: a restore brings back the name of the one that was saved. */
  async clusterId(): Promise<string> {
    this.#balancer ??= this.#cluster.viaBalancer()
    return (await readHealth(this.#balancer, { within: seconds(2) })).clusterId ?? 'none'
  }

  /** One of each kind that a restore may bring back to life, to be taken away after a backup. */
  plant = (name: string): Promise<Planted> => plant(this.#cluster, name)

  /** What a new client of the balancer is answered by `sys/health`; a status, or why there is none. */
  async throughBalancer(): Promise<string> {
    return (await answersThrough(this.#cluster, 1)).join()
  }

  /** The application's client of HLD:542-615, at the balancer or at one node. */
  documentedClient(node?: Node): DocumentedClient {
    const cluster = this.#cluster
    return new DocumentedClient(node === undefined ? cluster.viaBalancer() : cluster.onNode(node))
  }

  /** The example application of `fixtures/cached-client`; it ends with the scenario's body. */
  cachedClient = (options: CachedClientOptions): Promise<CachedClient> =>
    this.#withBody(CachedClient.start(this.#cluster, this.#clock, options))

  /** What servers make of snapshots of other seals than theirs. */
  restoreCells = (): Promise<RestoreCells> => this.#withBody(RestoreCells.of(this.#cluster))

  /** What its lanes met, in a word to compare and in numbers. */
  readonly hits = hitsOf
  readonly hitRatio = ratioOf
  readonly bridging = bridgingOf
  readonly staleness = staleness

  /** Looks at what every node takes of its machine, again and again until that is over. */
  vitalsWhile(every: Duration, act: () => Promise<unknown>): Promise<readonly VitalsLook[]> {
    return vitalsWhile(this.#cluster, { every, act })
  }

  /** What these looks came to. */
  readonly level = levelOf
  readonly raftEntries = entriesIn
  readonly vitals = vitalsInWords

  async #withBody<T extends { readonly end: () => Promise<void> }>(work: Promise<T>): Promise<T> {
    const started = await work
    this.#started.push(started)
    return started
  }

  /** Ends what works by itself and has not been ended. */
  async end(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((each) => each.end()))
  }

  /**
   * Which of these texts stand in clear, raw or in base64 or hex, in the data files of any node
   * or in a snapshot.
   */
  async inClear(texts: readonly string[]): Promise<readonly string[]> {
    const found = new Set<string>()
    for (const node of this.#cluster.nodes) {
      const files = await node.vault.readAll(products[this.#cluster.product].dataPath)
      for (const text of textsIn(files, texts)) found.add(text)
    }
    const leader = await this.#cluster.leader()
    const snapshot = await readSnapshot(this.#cluster.onNode(leader))
    for (const text of textsIn(snapshot, texts)) found.add(text)
    return [...found].sort()
  }

  /** What backups that were made with this have left. */
  backups(access: BackupAccess): BackupEvidence {
    return new BackupEvidence(this.#cluster, this.#operatorFolder, access)
  }

  /** Id of the KMS key that the seal encrypts with from now on. */
  sealKey = (): Promise<string> => sealKey(this.#cluster.aws)

  /** How the node answers these shares: `open`, `sealed, 2 of 3 given`, or a status and why. */
  unsealWith = ({ client }: Node, shares: readonly Secret[]): Promise<string> =>
    unsealWith(client, shares)

  /** For root tokens whose work is to say what they may do. */
  noting = (): NotedTokens => new NotedTokens()

  /** So many secrets with known values, written now; below this path, or in a folder of their own. */
  canaries = (count: number, under?: string): Promise<Canaries> =>
    Canaries.write(this.#cluster, count, under)

  /** A secret that a machine which goes now knows an old value of; asked when it is back. */
  oldMachine = (): Promise<OldMachine> => OldMachine.knowing(this.#cluster)

  /** Which key shares are in force, and where any are left. */
  keys = (kept: KeptShares): KeyEvidence =>
    new KeyEvidence(this.#cluster, kept, this.#operatorFolder)

  /** Writes of its own, to be found again in the audit files of the nodes. */
  auditTrail = (): AuditTrail => new AuditTrail(this.#cluster)

  /** How many reads of a secret the audit files of all nodes have. */
  auditedReads = (path: string): Promise<number> => auditedReads(this.#cluster, path)

  /** All of the KV mount but what lanes and registers write, and what of it has changed since. */
  mountPrint = (): Promise<MountPrint> => mountPrint(this.#cluster)
  readonly changedBetween = changedBetween

  /** `complete`, or what is wrong with a snapshot that the leader, or this node, is asked for now. */
  async snapshot(node?: Node): Promise<string> {
    return trialSnapshot(this.#cluster.onNode(node ?? (await this.#cluster.leader())))
  }

  /** How the node's server tried to unseal itself and failed; `none` without a sign of it. */
  unsealAttempt(node: Node): Promise<string> {
    const { docker } = this.#cluster
    return unsealAttempt(docker, this.#cluster.toolbox(node.name), node.vault)
  }

  /**
   * Large secrets, one after another, until that is over. Both products let a database file grow
   * by 16 MiB at a time, so without them a full disk is noticed a minute later.
   */
  async writeLargeWhile(act: () => Promise<unknown>): Promise<void> {
    const secrets = this.#cluster.secrets()
    const name = this.#cluster.freshName()
    const value = 'x'.repeat(LARGE_BYTES)
    let isOver = false
    const over = act().finally(() => {
      isOver = true
    })
    over.catch(() => {}) // met below, when the write under way is done
    for (let n = 0; !isOver; n++) {
      // Whoever waits for the outage that follows must not be kept by it.
      await secrets.write(`drill/large-${name}/${n % 50}`, { value }).catch(() => {})
    }
    await over
  }

  /** Now, as whoever does something would write it down. */
  nowMs = wallClockMs

  /** Size of a node's audit file so far. */
  async auditBytes(node: Node): Promise<number> {
    return (await node.vault.read(AUDIT_FILE)).length
  }
}
