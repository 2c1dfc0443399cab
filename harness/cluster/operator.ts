import { X509Certificate } from 'node:crypto'
import type { KeyState } from '../aws/kms.ts'
import type { IssuedCertificate } from '../lib/certificates.ts'
import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { shownCertificate } from '../lib/tls-handshake.ts'
import { happened, isBug, notYet, until } from '../lib/until.ts'
import type { Container } from '../stack/container.ts'
import { CONFIGURATION, withNobody } from '../stack/haproxy.ts'
import type { VaultClient } from '../vault/client.ts'
import { describeHealth, type Health, healthIfAny, readHealth, serves } from '../vault/health.ts'
import type { Product } from '../vault/product.ts'
import { reloadBalancer } from './balancer-reload.ts'
import type { Machines } from './machines.ts'
import type { Node } from './node.ts'
import { installCertificate, reloadCertificate } from './node-certificate.ts'
import { OperatorAudit } from './operator-audit.ts'
import { OperatorBackupChecks } from './operator-backup-checks.ts'
import { OperatorBackups } from './operator-backups.ts'
import { OperatorCustody } from './operator-custody.ts'
import { OperatorKeys } from './operator-keys.ts'
import { OperatorKms } from './operator-kms.ts'
import { OperatorLoss } from './operator-loss.ts'
import type { OperationLog, OperatorNotes } from './operator-notes.ts'
import { OperatorRaft } from './operator-raft.ts'
import { OperatorSandbox } from './operator-sandbox.ts'
import { OperatorSecrets } from './operator-secrets.ts'
import { OperatorSnapshots } from './operator-snapshots.ts'
import { Refusal } from './refusal.ts'
import { View } from './view.ts'

/** Where a person on call sits, and what is in reach from there. */
export type OperatorPlace = {
  /** Through the operator's own links, with the token that the procedure is given, if it is. */
  readonly view: View
  /** The same way without any token, for those that a step makes or is given. */
  readonly anonymous: (node: string) => VaultClient
  /** Its connections are new ones; whoever asks closes it. */
  readonly freshBalancerClient: () => VaultClient
  readonly balancer: Container
  readonly nodes: readonly Node[]
  /** What the KMS says of a key, by its id or alias; absent: of the key that the nodes' seal uses. */
  readonly describeKey: (key?: string) => Promise<KeyState>
  /** The object store by the operator's own link. */
  readonly store: Address
  /** AWS Secrets Manager by a link of the operator's; a stack of before has none. */
  readonly secretsManager: () => Address
  readonly product: Product
  readonly machines: Machines
  /** Raft's heartbeat timeout. */
  readonly heartbeat: Duration
  /** Path of the servers' data. */
  readonly dataPath: string
  /** PEM of the authority that nodes and clients trust. */
  readonly ca?: string | undefined
  readonly notes: OperatorNotes
  readonly log: OperationLog
  readonly signal: AbortSignal
}

/**
 * What a person on call can do, from the operator pod: its calls go through the operator's own
 * links. It knows nodes and clients, and nothing of faults.
 */
export class Operator {
  readonly #place: OperatorPlace
  readonly snapshots: OperatorSnapshots
  readonly backups: OperatorBackups
  readonly audit: OperatorAudit
  readonly checks: OperatorBackupChecks
  readonly sandbox: OperatorSandbox
  readonly raft: OperatorRaft
  readonly secrets: OperatorSecrets
  readonly keys: OperatorKeys
  readonly kms: OperatorKms
  readonly custody: OperatorCustody
  readonly loss: OperatorLoss

  constructor(place: OperatorPlace) {
    this.#place = place
    this.snapshots = new OperatorSnapshots(place)
    this.backups = new OperatorBackups(place, this.snapshots)
    this.audit = new OperatorAudit(place)
    this.checks = new OperatorBackupChecks(place)
    this.sandbox = new OperatorSandbox(place)
    this.raft = new OperatorRaft(place)
    this.secrets = new OperatorSecrets(place)
    this.keys = new OperatorKeys(place)
    this.kms = new OperatorKms(place, this.snapshots)
    this.custody = new OperatorCustody(place, this.checks, this.sandbox)
    this.loss = new OperatorLoss(place)
  }

  /** The same person, who goes on with this token: one that a step has made, or was given. */
  signIn(token: Secret): Operator {
    const { nodes, anonymous } = this.#place
    const clients = nodes.map(({ name }) => anonymous(name).withToken(token))
    return new Operator({ ...this.#place, view: new View(clients) })
  }

  get notes(): OperatorNotes {
    return this.#place.notes
  }

  /** Starts the node's server with the disk it has. */
  async start(node: Node): Promise<void> {
    await node.start()
  }

  /** Ends the node's server; one that is down or gone stays so. */
  async stop(node: Node): Promise<void> {
    await node.stop()
  }

  /** Ends the node's server and starts it again with the disk it has. */
  async restart(node: Node): Promise<void> {
    await node.restart()
  }

  /** A new machine in the node's place, with an empty disk; what the old one held is gone. */
  async renewMachine(node: Node): Promise<void> {
    await this.#place.machines.renew(node)
  }

  /** Clients are sent nowhere. Twice is harmless. */
  async closeBalancer(): Promise<void> {
    const { balancer, notes } = this.#place
    const configuration = await balancer.read(CONFIGURATION)
    const closed = withNobody(configuration)
    if (closed !== configuration) notes.write(OPEN_BALANCER, configuration)
    // Also when the file is right: whoever wrote it may have been gone before the balancer read it.
    await reloadBalancer(balancer, closed)
  }

  /** Clients are sent to whoever leads, as before {@link closeBalancer}. */
  async openBalancer(): Promise<void> {
    const { balancer, notes } = this.#place
    const configuration = notes.read(OPEN_BALANCER)
    if (configuration !== undefined) await reloadBalancer(balancer, configuration)
  }

  /** What is new in its certificate files, the server is told to read; nothing is restarted. */
  async renewCertificate(node: Node, issued: IssuedCertificate): Promise<void> {
    await installCertificate(node.vault, issued)
    await reloadCertificate(node.vault)
  }

  /** That a new client is shown this certificate. */
  async seesCertificate(node: Node, { cert }: IssuedCertificate): Promise<void> {
    const wanted = new X509Certificate(cert).fingerprint256
    await until(
      `${node.name} shows its new certificate`,
      async () => {
        const { address } = this.#place.view.client(node.name)
        const shown = await shownCertificate(address, node.name)
        return shown === wanted ? happened(true) : notYet(`it shows ${shown}`)
      },
      { within: seconds(30), every: milliseconds(50), signal: this.#place.signal },
    )
  }

  /** Of the key that the nodes' seal uses: `Enabled`, `Disabled`, `PendingDeletion`, … */
  async keyState(key?: string): Promise<string> {
    return (await this.#place.describeKey(key)).state
  }

  /**
   * That a server which is started now would unseal.
   * @throws {Refusal} also when the KMS does not tell.
   */
  async seesSealKeyEnabled(): Promise<void> {
    const wanted = 'the KMS key of the seal Enabled'
    const state = await this.keyState().catch((error: Error) => {
      if (isBug(error)) throw error
      throw new Refusal(wanted, error.message, { cause: error })
    })
    if (state !== 'Enabled') throw new Refusal(wanted, state)
  }

  /**
   * That clients are served: every new connection for a while, since a balancer that was told of
   * another configuration has two workers for a moment, and the one before sends nobody anywhere.
   */
  async seesLeaderThroughBalancer(): Promise<void> {
    const { freshBalancerClient, signal } = this.#place
    let inARow = 0
    await until(
      'the leader answers through the balancer',
      async () => {
        const client = freshBalancerClient()
        try {
          const health = await readHealth(client, { within: seconds(1) })
          inARow = health.status === 200 ? inARow + 1 : 0
          return inARow >= SERVED_IN_A_ROW ? happened(true) : notYet(describeHealth(health))
        } catch (error) {
          inARow = 0
          throw error
        } finally {
          await client.close()
        }
      },
      { within: seconds(60), every: milliseconds(25), signal },
    )
  }

  /** Whether it answers as a node that serves, now. */
  async isUnsealed(node: Node): Promise<boolean> {
    const { anonymous, signal } = this.#place
    return serves(await healthIfAny(anonymous(node.name), { within: seconds(2), signal }))
  }

  async seesUnsealed(node: Node): Promise<void> {
    await this.#seesHealth(node, 'is unsealed', serves)
  }

  /** What came of a join: a node that serves, or one that was removed from the cluster again. */
  async seesJoinDecided(node: Node): Promise<'joined' | 'removed'> {
    const isDecided = (health: Health) => serves(health) || health.state === 'removed'
    const { state } = await this.#seesHealth(node, 'is unsealed or removed', isDecided)
    return state === 'removed' ? 'removed' : 'joined'
  }

  async #seesHealth(
    node: Node,
    what: string,
    isWanted: (health: Health) => boolean,
  ): Promise<Health> {
    const { view, signal } = this.#place
    return until(
      `${node.name} ${what}`,
      async () => {
        const health = await readHealth(view.client(node.name), { within: seconds(2) })
        return isWanted(health) ? happened(health) : notYet(describeHealth(health))
      },
      { within: seconds(60), every: milliseconds(50), signal },
    )
  }

  /**
   * That the node's server has run long enough to vote at its usual pace: a node that was started
   * needs up to three times the usual time for its first election.
   */
  async seesSettled(node: Node): Promise<void> {
    const { heartbeat, signal } = this.#place
    const wanted = milliseconds(SETTLED_HEARTBEATS * heartbeat.ms)
    await until(
      `${node.name} has run for ${formatDuration(wanted)}`,
      async () => {
        const age = await node.age()
        return age.ms >= wanted.ms ? happened(true) : notYet(`for ${formatDuration(age)}`)
      },
      { within: milliseconds(wanted.ms + 60_000), every: milliseconds(250), signal },
    )
    await this.seesHealthyVoters()
  }

  async seesHealthyVoters(): Promise<void> {
    const { view, nodes, signal } = this.#place
    await until(`${nodes.length} voters are healthy`, () => view.voters(nodes.length), {
      within: seconds(90),
      every: milliseconds(50),
      signal,
    })
  }
}

/** New connections, 25 ms apart: more than the worker before has left (100 ms). */
const SERVED_IN_A_ROW = 8
/** As the clean-start gate has it (`settledAgeMs`). */
const SETTLED_HEARTBEATS = 6
/** The balancer's configuration as it was before it was closed. */
const OPEN_BALANCER = 'balancer-open.cfg'
