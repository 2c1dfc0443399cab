import { CREDENTIALS, REGION } from './aws/emulator.ts'
import { Kms, newKey } from './aws/kms.ts'
import { S3 } from './aws/s3.ts'
import type { AwsPlace } from './cluster/aws-place.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Ground } from './cluster/ground.ts'
import type { ClusterNeeds } from './cluster/needs.ts'
import { startCluster } from './cluster/start.ts'
import { addressIn, OWN_AWS } from './cluster/topology.ts'
import type { Address } from './lib/http.ts'
import { type Abilities, probeAbilities } from './stack/abilities.ts'
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
/** What the documents' own commands call as well; each costs memory and start-up time. */
const CALLED_BY_HAND: readonly AwsService[] = ['secretsmanager', 'sts', 'logs']
export const BACKUP_BUCKET = 'alphapulse-vault-backups'
/** A run that lives longer than this is swept by other hosts that share the engine. */
const EXPIRES_AFTER_MS = 6 * 3_600_000
/** Addresses 0 and 1 are the subnet's and the gateway's. */
const LOCALSTACK_ADDRESS = 2

/** What every stage stands on, whatever the product. */
export const STAGE_IMAGES = ['localstack', 'toxiproxy', 'haproxy', 'toolbox'] as const

/** What only some scenarios stand on. */
export type OnDemand = 'operator' | 'k6'

export type StageImages = Readonly<
  Record<(typeof STAGE_IMAGES)[number], ResolvedImage> &
    Partial<Record<Product | OnDemand, ResolvedImage>>
>

export type StageOptions = {
  readonly docker: Docker
  readonly runId: string
  readonly images: StageImages
  /** Shown in the labels: scenario or suite. */
  readonly label: string
  readonly startedMs: number
  /** It outlives its process and has one cluster; from then on anybody may sweep it. */
  readonly keptUntilMs?: number
  /** Of AWS, beyond those that every cluster uses. */
  readonly services?: readonly AwsService[]
}

export type ClusterWish = {
  readonly product: Product
  readonly multiplier: number
  readonly tls: boolean
  readonly needs?: ClusterNeeds
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
  #abilities: Promise<Abilities> | undefined
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
    const { docker, runId } = options
    const labels = labelsOf(options)
    try {
      const network = await createNetwork(docker.engine, `drill-${runId}`, labels)
      const name = `drill-${runId}-aws`
      const localstack = await openLocalstack(options, labels, network, {
        name,
        ip: network.address(LOCALSTACK_ADDRESS),
      })
      const aws = prepareAws(localstack, options, signal)
      aws.catch(() => {}) // whoever needs it awaits it
      return new Stage(options, labels, network, localstack, aws)
    } catch (error) {
      await removeRun(docker.engine, runId)
      throw error
    }
  }

  async cluster(
    { product, multiplier, tls, needs = {} }: ClusterWish,
    signal: AbortSignal,
  ): Promise<Cluster> {
    const index = this.takeIndex()
    const { localstack, aws } = await this.#emulator(index, needs, signal)
    return startCluster(
      this.ground(product),
      {
        product,
        multiplier,
        tls,
        index,
        needs,
        aws: inside(localstack),
        seal: () => this.#seal(index, localstack, aws, needs, signal),
        kmsEncrypts: () => kmsCalls(localstack, 'Encrypt'),
      },
      signal,
    )
  }

  /** A number that no other cluster of this run has; it decides addresses and names. */
  takeIndex(): number {
    return this.#clusters++
  }

  /** Waits for LocalStack and makes a KMS key for one cluster. */
  async seal(index: number, signal: AbortSignal): Promise<{ seal: KmsSeal; aws: AwsPlace }> {
    return this.#seal(index, this.#localstack, this.#aws, {}, signal)
  }

  /** Where pods find the emulator that is shared. */
  get awsInside(): Address {
    return inside(this.#localstack)
  }

  async #emulator(
    index: number,
    needs: ClusterNeeds,
    signal: AbortSignal,
  ): Promise<{ localstack: Localstack; aws: Promise<Address> }> {
    if (needs.aws !== 'own') return { localstack: this.#localstack, aws: this.#aws }
    const { runId } = this.#options
    const localstack = await openLocalstack(this.#options, this.#labels, this.#network, {
      name: `drill-${runId}-${index}-aws`,
      ip: addressIn(this.#network.address, index)(OWN_AWS),
    })
    const aws = prepareAws(localstack, this.#options, signal)
    aws.catch(() => {}) // whoever needs it awaits it
    return { localstack, aws }
  }

  async #seal(
    index: number,
    localstack: Localstack,
    dialled: Promise<Address>,
    needs: ClusterNeeds,
    signal: AbortSignal,
  ): Promise<{ seal: KmsSeal; aws: AwsPlace }> {
    const address = await dialled
    const kms = await Kms.at(address)
    const key = newKey(`alias/alphapulse-vault-unseal-${index}`)
    await kms.seed(key, { signal })
    return {
      seal: {
        region: REGION,
        keyId: key.alias,
        endpoint: `http://kms:${LOCALSTACK_PORT}`,
        accessKey: CREDENTIALS.accessKeyId,
        secretKey: CREDENTIALS.secretAccessKey,
      },
      aws: {
        address,
        inside: inside(localstack),
        container: localstack.container.id,
        key,
        bucket: BACKUP_BUCKET,
        own: needs.aws === 'own' || this.#options.keptUntilMs !== undefined,
      },
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
      images: {
        server,
        toxiproxy: images.toxiproxy,
        haproxy: images.haproxy,
        toolbox: images.toolbox,
        operator: images.operator,
        k6: images.k6,
      },
      abilities: () => {
        this.#abilities ??= probeAbilities(docker, {
          name: `drill-${runId}-tools`,
          image: images.toolbox.reference,
          entrypoint: images.toolbox.entrypoint,
          labels: this.#labels,
        })
        return this.#abilities
      },
    }
  }
}

const inside = ({ ip }: Localstack): Address => ({ host: ip, port: LOCALSTACK_PORT })

const isPublished = ({ facts }: Docker): boolean => facts.dial === 'published'

async function openLocalstack(
  { docker, images, services = [] }: StageOptions,
  labels: Readonly<Record<string, string>>,
  network: Network,
  { name, ip }: { readonly name: string; readonly ip: string },
): Promise<Localstack> {
  return startLocalstack(docker.engine, {
    name,
    ip,
    image: images.localstack.reference,
    ...(images.localstack.entrypoint.length === 0
      ? {}
      : { entrypoint: images.localstack.entrypoint }),
    network: network.name,
    labels: { ...labels, [runLabels.role]: 'aws' },
    services: [
      ...new Set([
        ...SERVICES,
        ...services,
        ...(images.operator === undefined ? [] : CALLED_BY_HAND),
      ]),
    ],
    publish: isPublished(docker),
  })
}

async function prepareAws(
  localstack: Localstack,
  { docker, services = [] }: StageOptions,
  signal: AbortSignal,
): Promise<Address> {
  const address = isPublished(docker)
    ? { host: '127.0.0.1', port: await localstack.container.publishedPort(LOCALSTACK_PORT) }
    : inside(localstack)
  await awaitLocalstack(localstack, address, [...SERVICES, ...services], signal)
  const s3 = await S3.at(address)
  await s3.createBucket(BACKUP_BUCKET, { signal })
  return address
}

const labelsOf = ({
  runId,
  label,
  startedMs,
  keptUntilMs,
}: StageOptions): Readonly<Record<string, string>> => ({
  [runLabels.run]: runId,
  [runLabels.scenario]: label,
  [runLabels.owner]: ownerText(thisProcess()),
  [runLabels.expiresAt]: new Date(keptUntilMs ?? startedMs + EXPIRES_AFTER_MS).toISOString(),
  ...(keptUntilMs === undefined ? {} : { [runLabels.kept]: 'yes' }),
})
