import { X509Certificate } from 'node:crypto'
import { Kms } from '../aws/kms.ts'
import type { IssuedCertificate } from '../lib/certificates.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { shownCertificate } from '../lib/tls-handshake.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { VaultClient } from '../vault/client.ts'
import { describeHealth, readHealth } from '../vault/health.ts'
import type { AwsPlace } from './aws-place.ts'
import type { Node } from './node.ts'
import { installCertificate, reloadCertificate } from './node-certificate.ts'
import type { View } from './view.ts'

/**
 * What a person on call can do, from the operator pod: its calls go through the operator's own
 * links. It knows nodes and clients, and nothing of faults.
 */
export class Operator {
  readonly #view: View
  readonly #nodes: number
  readonly #signal: AbortSignal
  readonly #aws: Pick<AwsPlace, 'address' | 'key'>
  readonly #balancer: VaultClient

  constructor(
    view: View,
    nodes: number,
    signal: AbortSignal,
    aws: Pick<AwsPlace, 'address' | 'key'>,
    balancer: VaultClient,
  ) {
    this.#view = view
    this.#nodes = nodes
    this.#signal = signal
    this.#aws = aws
    this.#balancer = balancer
  }

  /** Starts the node's server with the disk it has. */
  async start(node: Node): Promise<void> {
    await node.start()
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
        const { address } = this.#view.client(node.name)
        const shown = await shownCertificate(address, node.name)
        return shown === wanted ? happened(true) : notYet(`it shows ${shown}`)
      },
      { within: seconds(30), every: milliseconds(50), signal: this.#signal },
    )
  }

  /** Ends the node's server and starts it again with the disk it has. */
  async restart(node: Node): Promise<void> {
    await node.restart()
  }

  /** Of the key that the nodes' seal uses: `Enabled`, `Disabled`, `PendingDeletion`, … */
  async keyState(): Promise<string> {
    return this.#withKms(async (kms) => (await kms.describe(this.#aws.key.id)).state)
  }

  /** Cancels a deletion that is pending and enables the key. */
  async restoreKey(): Promise<void> {
    await this.#withKms((kms) => kms.restore(this.#aws.key.id, { signal: this.#signal }))
  }

  /** From where people administer AWS, which is none of the nodes' hosts. */
  async #withKms<T>(act: (kms: Kms) => Promise<T>): Promise<T> {
    const kms = await Kms.at(this.#aws.address)
    try {
      return await act(kms)
    } finally {
      kms.close()
    }
  }

  async seesLeaderThroughBalancer(): Promise<void> {
    await until(
      'the leader answers through the balancer',
      async () => {
        const health = await readHealth(this.#balancer, { within: seconds(1) })
        return health.status === 200 ? happened(true) : notYet(describeHealth(health))
      },
      { within: seconds(60), every: milliseconds(25), signal: this.#signal },
    )
  }

  async seesUnsealed(node: Node): Promise<void> {
    await until(
      `${node.name} is unsealed`,
      async () => {
        const health = await readHealth(this.#view.client(node.name), { within: seconds(2) })
        return [200, 429].includes(health.status) ? happened(true) : notYet(describeHealth(health))
      },
      { within: seconds(60), every: milliseconds(50), signal: this.#signal },
    )
  }

  async seesHealthyVoters(): Promise<void> {
    await until(`${this.#nodes} voters are healthy`, () => this.#view.voters(this.#nodes), {
      within: seconds(90),
      every: milliseconds(50),
      signal: this.#signal,
    })
  }
}
