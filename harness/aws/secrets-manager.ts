import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { type AwsCallOptions, AwsError, awsCall, clientSettings } from './emulator.ts'

type Sdk = typeof import('@aws-sdk/client-secrets-manager')

/** What AWS calls the version in use, the one before it, and one that is not in use yet. */
export const CURRENT = 'AWSCURRENT'
export const PREVIOUS = 'AWSPREVIOUS'
export const PENDING = 'AWSPENDING'

export type SecretVersion = {
  readonly version: string
  /** Labels of this version. One without any may be deleted by AWS. */
  readonly stages: readonly string[]
}

/** AWS Secrets Manager, in the emulator. Every call throws {AwsError} when it fails. */
export class SecretsManager {
  readonly #sdk: Sdk
  readonly #client: SecretsManagerClient

  private constructor(sdk: Sdk, address: Address) {
    this.#sdk = sdk
    this.#client = new sdk.SecretsManagerClient(clientSettings(address))
  }

  static async at(address: Address): Promise<SecretsManager> {
    return new SecretsManager(await import('@aws-sdk/client-secrets-manager'), address)
  }

  /** A new secret; its first version is the current one. Gives that version. */
  async create(name: string, value: Secret, options: AwsCallOptions = {}): Promise<string> {
    const create = new this.#sdk.CreateSecretCommand({ Name: name, SecretString: value.reveal() })
    const { VersionId } = await awsCall(
      'secretsmanager:CreateSecret',
      (limit) => this.#client.send(create, limit),
      options,
    )
    return VersionId ?? ''
  }

  /** Another version with these labels, which are taken from versions that have them. */
  async put(
    name: string,
    value: Secret,
    { stages, ...options }: AwsCallOptions & { stages: readonly string[] },
  ): Promise<string> {
    const put = new this.#sdk.PutSecretValueCommand({
      SecretId: name,
      SecretString: value.reveal(),
      VersionStages: [...stages],
    })
    const { VersionId } = await awsCall(
      'secretsmanager:PutSecretValue',
      (limit) => this.#client.send(put, limit),
      options,
    )
    return VersionId ?? ''
  }

  /** The version with this label; `undefined` when none has it. */
  async get(
    name: string,
    stage: string,
    options: AwsCallOptions = {},
  ): Promise<(SecretVersion & { readonly value: Secret }) | undefined> {
    const get = new this.#sdk.GetSecretValueCommand({ SecretId: name, VersionStage: stage })
    try {
      const { SecretString, VersionId, VersionStages } = await awsCall(
        'secretsmanager:GetSecretValue',
        (limit) => this.#client.send(get, limit),
        options,
      )
      const value = new Secret(SecretString ?? '')
      return { version: VersionId ?? '', stages: VersionStages ?? [], value }
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined
      throw error
    }
  }

  /** Puts a label on this version and takes it from the one that had it. */
  async label(
    name: string,
    stage: string,
    { to, from, ...options }: AwsCallOptions & { to: string; from?: string | undefined },
  ): Promise<void> {
    const move = new this.#sdk.UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: stage,
      MoveToVersionId: to,
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
    })
    await awsCall(
      'secretsmanager:UpdateSecretVersionStage',
      (limit) => this.#client.send(move, limit),
      options,
    )
  }

  /** All versions that have a label. */
  async versions(name: string, options: AwsCallOptions = {}): Promise<readonly SecretVersion[]> {
    const list = new this.#sdk.ListSecretVersionIdsCommand({ SecretId: name })
    const { Versions } = await awsCall(
      'secretsmanager:ListSecretVersionIds',
      (limit) => this.#client.send(list, limit),
      options,
    )
    return (Versions ?? []).map(({ VersionId, VersionStages }) => ({
      version: VersionId ?? '',
      stages: VersionStages ?? [],
    }))
  }

  close(): void {
    this.#client.destroy()
  }
}
