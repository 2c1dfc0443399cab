import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { type TlsClient, tlsHandshake } from '../lib/tls-handshake.ts'
import { healthBody, healthWithStandbyOk } from '../vault/health.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import { products } from '../vault/product.ts'
import type { Cluster } from './cluster.ts'
import { readSnapshot, textsIn } from './in-clear.ts'
import type { Node } from './node.ts'
import { AUDIT_FILE } from './server.ts'

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

/** What scenarios ask a cluster about itself; every answer is a fact to compare. */
export class Inspection {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** `2` when `secret/` is mounted as KV version 2. */
  async kvVersion(): Promise<string | undefined> {
    const { data } = await this.#cluster.secrets().call('GET', 'sys/mounts')
    const mounts = data as Record<string, { options?: { version?: string } | null } | undefined>
    return mounts[`${KV_MOUNT}/`]?.options?.version
  }

  healthWithStandbyOk(node: Node): Promise<number> {
    return healthWithStandbyOk(node.client, { within: seconds(2) })
  }

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

  /** A TLS handshake with the node's API, as a client of another kind would make it. */
  handshake(node: Node, client: Omit<TlsClient, 'servername'>): Promise<string> {
    return tlsHandshake(node.address, { servername: node.name, ...client })
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

  /** Size of a node's audit file so far. */
  async auditBytes(node: Node): Promise<number> {
    return (await node.vault.read(AUDIT_FILE)).length
  }
}
