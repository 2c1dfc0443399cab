import { CREDENTIALS, REGION } from './aws/emulator.ts'
import { Kms, newKey } from './aws/kms.ts'
import { S3 } from './aws/s3.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Ground } from './cluster/ground.ts'
import { startCluster } from './cluster/start.ts'
import type { Address } from './lib/http.ts'
import type { Docker } from './stack/docker.ts'
import type { ResolvedImage } from './stack/images.ts'
import { runLabels } from './stack/labels.ts'
import {
  type AwsService,
  awaitLocalstack,
  kmsCalls,
  LOCALSTACK_PORT,
  type Localstack,
  startLocalstack,
} from './stack/localstack.ts'
import { createNetwork, type Network } from './stack/network.ts'
import { ownerText, thisProcess } from './stack/owner.ts'
import { removeRun } from './stack/sweep.ts'
import type { KmsSeal } from './vault/configuration.ts'
import type { Product } from './vault/product.ts'

const SERVICES: readonly AwsService[] = ['kms', 's3']
export const BACKUP_BUCKET = 'alphapulse-vault-backups'
/** A run that lives longer than this is swept by other hosts that share the engine. */
const EXPIRES_AFTER_MS = 6 * 3_600_000
/** Addresses 0 and 1 are the subnet's and the gateway's. */
const LOCALSTACK_ADDRESS = 2

export type StageImages = Readonly<
  Record<'localstack' | 'toxiproxy' | 'haproxy', ResolvedImage> &
    Partial<Record<Product, ResolvedImage>>
>

export type StageOptions = {
  readonly docker: Docker
  readonly runId: string
  readonly images: StageImages
  /** Shown in the labels: scenario or suite. */
  readonly label: string
  readonly startedMs: number
}

export type ClusterWish = {
  readonly product: Product
  readonly multiplier: number
  readonly tls: boolean
}

/**
 * What all clusters of one run share: a network, and LocalStack with one KMS key per cluster.
 * LocalStack takes seconds to start and forgets its keys when it restarts, so it stays up.
 */
export class Stage {
  readonly #options: StageOptions
  readonly #labels: Readonly<Record<string, string>>
  readonly #network: Network
  readonly #localstack: Localstack
  /** Where this process dials LocalStack. */
  readonly #aws: Promise<Address>
  #clusters = 0

  private constructor(
    options: StageOptions,
    labels: Readonly<Record<string, string>>,
    network: Network,
    localstack: Localstack,
    aws: Promise<Address>,
  ) {
    this.#options = options
    this.#labels = labels
    this.#network = network
    this.#localstack = localstack
    this.#aws = aws
  }

  /** Returns while LocalStack is still starting; a cluster waits for it when it needs the KMS. */
  static async open(options: StageOptions, signal: AbortSignal): Promise<Stage> {
    const { docker, runId, images } = options
    const labels = labelsOf(options)
    try {
      const network = await createNetwork(docker.engine, `drill-${runId}`, labels)
      const publish = docker.facts.dial === 'published'
      const localstack = await startLocalstack(docker.engine, {
        name: `drill-${runId}-aws`,
        image: images.localstack.reference,
        ...(images.localstack.entrypoint.length === 0
          ? {}
          : { entrypoint: images.localstack.entrypoint }),
        network: network.name,
        ip: network.address(LOCALSTACK_ADDRESS),
        labels: { ...labels, [runLabels.role]: 'aws' },
        services: SERVICES,
        publish,
      })
      const aws = prepareAws(localstack, publish, signal)
      aws.catch(() => {}) // whoever needs it awaits it
      return new Stage(options, labels, network, localstack, aws)
    } catch (error) {
      await removeRun(docker.engine, runId)
      throw error
    }
  }

  async cluster({ product, multiplier, tls }: ClusterWish, signal: AbortSignal): Promise<Cluster> {
    const index = this.takeIndex()
    return startCluster(
      this.ground(product),
      {
        product,
        multiplier,
        tls,
        index,
        seal: () => this.seal(index, signal),
        kmsEncrypts: () => kmsCalls(this.#localstack, 'Encrypt'),
      },
      signal,
    )
  }

  /** A number that no other cluster of this run has; it decides addresses and names. */
  takeIndex(): number {
    return this.#clusters++
  }

  /** Waits for LocalStack and makes a KMS key for one cluster. */
  async seal(index: number, signal: AbortSignal): Promise<KmsSeal> {
    const kms = await Kms.at(await this.#aws)
    const key = newKey(`alias/alphapulse-vault-unseal-${index}`)
    await kms.seed(key, { signal })
    return {
      region: REGION,
      keyId: key.alias,
      endpoint: `http://kms:${LOCALSTACK_PORT}`,
      accessKey: CREDENTIALS.accessKeyId,
      secretKey: CREDENTIALS.secretAccessKey,
    }
  }

  localstackLog(): Promise<string> {
    return this.#localstack.container.logs()
  }

  /** Removes everything of this run, whatever state it is in. */
  async close(): Promise<void> {
    await removeRun(this.#options.docker.engine, this.#options.runId)
  }

  /** What a cluster of this product stands on. */
  ground(product: Product): Ground {
    const { docker, runId, images } = this.#options
    const server = images[product]
    if (server === undefined) throw new Error(`no image of ${product} was resolved`)
    return {
      docker,
      runId,
      labels: this.#labels,
      network: this.#network.name,
      address: this.#network.address,
      aws: { host: this.#localstack.ip, port: LOCALSTACK_PORT },
      images: { server, toxiproxy: images.toxiproxy, haproxy: images.haproxy },
    }
  }
}

async function prepareAws(
  localstack: Localstack,
  published: boolean,
  signal: AbortSignal,
): Promise<Address> {
  const address = published
    ? { host: '127.0.0.1', port: await localstack.container.publishedPort(LOCALSTACK_PORT) }
    : { host: localstack.ip, port: LOCALSTACK_PORT }
  await awaitLocalstack(localstack, address, SERVICES, signal)
  const s3 = await S3.at(address)
  await s3.createBucket(BACKUP_BUCKET, { signal })
  return address
}

const labelsOf = ({ runId, label, startedMs }: StageOptions): Readonly<Record<string, string>> => ({
  [runLabels.run]: runId,
  [runLabels.scenario]: label,
  [runLabels.owner]: ownerText(thisProcess()),
  [runLabels.expiresAt]: new Date(startedMs + EXPIRES_AFTER_MS).toISOString(),
})
