import type { AwsCallOptions } from '../aws/emulator.ts'
import { CURRENT, PENDING, SecretsManager } from '../aws/secrets-manager.ts'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'

/** Key shares that were in force together, as one version of the secret that holds them. */
export type ShareGeneration = {
  /** From 1; each rotation makes the next one. */
  readonly generation: number
  /** Id of the secret's version. */
  readonly version: string
  readonly shares: readonly Secret[]
}

/**
 * The team's key shares in AWS Secrets Manager: one secret, one version for each generation.
 * Nothing else is in it: whoever reads it may make a root token, but finds none (RB:229-232 keeps
 * both in one place). A version has a label of its own, since AWS deletes those without any, and
 * a snapshot of that time asks for its shares.
 */
export class ShareCustody {
  readonly #manager: SecretsManager
  readonly #secret: string
  readonly #options: AwsCallOptions

  private constructor(manager: SecretsManager, secret: string, options: AwsCallOptions) {
    this.#manager = manager
    this.#secret = secret
    this.#options = options
  }

  /** Connections are closed when it is over. @throws {AwsError} for whatever fails in it. */
  static async at<T>(
    address: Address,
    secret: string,
    act: (custody: ShareCustody) => Promise<T>,
    options: AwsCallOptions = {},
  ): Promise<T> {
    const manager = await SecretsManager.at(address)
    try {
      return await act(new ShareCustody(manager, secret, options))
    } finally {
      manager.close()
    }
  }

  /** The first generation, at once the current one. */
  async create(shares: readonly Secret[]): Promise<void> {
    const version = await this.#manager.create(this.#secret, textOf(1, shares), this.#options)
    await this.#manager.label(this.#secret, labelOf(1), { to: version, ...this.#options })
  }

  current(): Promise<ShareGeneration | undefined> {
    return this.#labelled(CURRENT)
  }

  /** One that was stored, and of which nobody has said that it is in force. */
  async pending(): Promise<ShareGeneration | undefined> {
    const [pending, current] = [await this.#labelled(PENDING), await this.current()]
    return pending?.version === current?.version ? undefined : pending
  }

  /** All that are kept, the oldest first. */
  async generations(): Promise<readonly ShareGeneration[]> {
    const versions = await this.#manager.versions(this.#secret, this.#options)
    const labels = versions.flatMap(({ stages }) => stages.filter((stage) => LABEL.test(stage)))
    const found = await Promise.all(labels.map((label) => this.#labelled(label)))
    return found
      .filter((each) => each !== undefined)
      .toSorted((a, b) => a.generation - b.generation)
  }

  /** Gives it as it is read back: what was stored is what will be needed. */
  async store(generation: number, shares: readonly Secret[]): Promise<ShareGeneration> {
    const stages = [PENDING, labelOf(generation)]
    await this.#manager.put(this.#secret, textOf(generation, shares), {
      stages,
      ...this.#options,
    })
    const stored = await this.#labelled(PENDING)
    if (stored === undefined) throw new NotKept(this.#secret)
    return stored
  }

  /** From now on this one is handed out to whoever asks for the secret. */
  async promote({ version }: ShareGeneration): Promise<void> {
    const current = await this.current()
    if (current?.version === version) return
    await this.#manager.label(this.#secret, CURRENT, {
      to: version,
      from: current?.version,
      ...this.#options,
    })
  }

  async #labelled(stage: string): Promise<ShareGeneration | undefined> {
    const found = await this.#manager.get(this.#secret, stage, this.#options)
    if (found === undefined) return undefined
    const { generation, shares } = JSON.parse(found.value.reveal()) as Content
    return { generation, version: found.version, shares: shares.map((each) => new Secret(each)) }
  }
}

type Content = { readonly generation: number; readonly shares: readonly string[] }

const textOf = (generation: number, shares: readonly Secret[]): Secret =>
  new Secret(JSON.stringify({ generation, shares: shares.map((share) => share.reveal()) }))

const LABEL = /^generation-\d+$/
const labelOf = (generation: number): string => `generation-${generation}`

/** Shares were stored, and are not there. */
export class NotKept extends Error {
  override readonly name = 'NotKept'
  constructor(secret: string) {
    super(`${secret} has no pending version, after one was stored`)
  }
}
