import { randomBytes, randomUUID } from 'node:crypto'
import type { KMSClient } from '@aws-sdk/client-kms'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { type AwsCallOptions, awsCall, clientSettings } from './emulator.ts'

type Sdk = typeof import('@aws-sdk/client-kms')

/**
 * A KMS key whose material we chose ourselves. The emulator forgets its keys when it restarts,
 * and a new key with a random material opens nothing that the old one closed: keep this for as
 * long as something is sealed with it.
 */
export type SeededKey = {
  readonly id: string
  /** With `alias/` in front. */
  readonly alias: string
  /** Base64 of 32 bytes. */
  readonly material: Secret
}

export type KeyState = {
  readonly arn: string
  /** `Enabled`, `Disabled`, `PendingDeletion`, … */
  readonly state: string
}

export const newKey = (alias: `alias/${string}`): SeededKey => ({
  id: randomUUID(),
  alias,
  material: new Secret(randomBytes(32).toString('base64')),
})

/** The KMS of the emulator. Every call throws {AwsError} when it fails. */
export class Kms {
  readonly #sdk: Sdk
  readonly #client: KMSClient

  private constructor(sdk: Sdk, address: Address) {
    this.#sdk = sdk
    this.#client = new sdk.KMSClient(clientSettings(address))
  }

  /** The SDK is loaded here (about 0.2 s and 28 MiB), so that commands without a stack do not pay. */
  static async at(address: Address): Promise<Kms> {
    return new Kms(await import('@aws-sdk/client-kms'), address)
  }

  /**
   * Creates the key with its own id and material and points its alias at it. Doing it again for
   * the same key restores it, enabled.
   */
  async seed({ id, alias, material }: SeededKey, options: AwsCallOptions = {}): Promise<void> {
    // The two tags are LocalStack's; it stores neither the material nor a check of either.
    const Tags = [
      { TagKey: '_custom_id_', TagValue: id },
      { TagKey: '_custom_key_material_', TagValue: material.reveal() },
    ]
    const create = new this.#sdk.CreateKeyCommand({ Tags })
    await awsCall('kms:CreateKey', (limit) => this.#client.send(create, limit), options)
    const point = new this.#sdk.CreateAliasCommand({ AliasName: alias, TargetKeyId: id })
    await awsCall('kms:CreateAlias', (limit) => this.#client.send(point, limit), options).catch(
      (error) => {
        if (error.code !== 'AlreadyExistsException') throw error
      },
    )
  }

  /** A key whose material nobody outside of the KMS knows. Gives its id. */
  async create(options: AwsCallOptions = {}): Promise<string> {
    const create = new this.#sdk.CreateKeyCommand({})
    const { KeyMetadata } = await awsCall(
      'kms:CreateKey',
      (limit) => this.#client.send(create, limit),
      options,
    )
    return KeyMetadata?.KeyId ?? ''
  }

  /** Another material under the same id, from now on; what the former ones closed they still open. */
  async rotateMaterial(id: string, options: AwsCallOptions = {}): Promise<void> {
    const rotate = new this.#sdk.RotateKeyOnDemandCommand({ KeyId: id })
    await awsCall('kms:RotateKeyOnDemand', (limit) => this.#client.send(rotate, limit), options)
  }

  /** `key` is an id or an alias. */
  async describe(key: string, options: AwsCallOptions = {}): Promise<KeyState> {
    const describe = new this.#sdk.DescribeKeyCommand({ KeyId: key })
    const { KeyMetadata } = await awsCall(
      'kms:DescribeKey',
      (limit) => this.#client.send(describe, limit),
      options,
    )
    return { arn: KeyMetadata?.Arn ?? '', state: KeyMetadata?.KeyState ?? '' }
  }

  async enable(id: string, options: AwsCallOptions = {}): Promise<void> {
    const enable = new this.#sdk.EnableKeyCommand({ KeyId: id })
    await awsCall('kms:EnableKey', (limit) => this.#client.send(enable, limit), options)
  }

  /** From now on Encrypt and Decrypt fail with `DisabledException`; nothing is lost. */
  async disable(id: string, options: AwsCallOptions = {}): Promise<void> {
    const disable = new this.#sdk.DisableKeyCommand({ KeyId: id })
    await awsCall('kms:DisableKey', (limit) => this.#client.send(disable, limit), options)
  }

  /** AWS deletes it after 7 days at the earliest; from now on it encrypts and decrypts nothing. */
  async scheduleDeletion(id: string, options: AwsCallOptions = {}): Promise<void> {
    const input = { KeyId: id, PendingWindowInDays: 7 }
    const schedule = new this.#sdk.ScheduleKeyDeletionCommand(input)
    await awsCall('kms:ScheduleKeyDeletion', (limit) => this.#client.send(schedule, limit), options)
  }

  /** The key is disabled then, as in AWS, and has to be enabled as well. */
  async cancelDeletion(id: string, options: AwsCallOptions = {}): Promise<void> {
    const cancel = new this.#sdk.CancelKeyDeletionCommand({ KeyId: id })
    await awsCall('kms:CancelKeyDeletion', (limit) => this.#client.send(cancel, limit), options)
  }

  /** Makes a key usable, whatever keeps it from being used; one that is well is not touched. */
  async restore(id: string, options: AwsCallOptions = {}): Promise<void> {
    const { state } = await this.describe(id, options)
    if (state === 'PendingDeletion') await this.cancelDeletion(id, options)
    if (state !== 'Enabled') await this.enable(id, options)
  }

  /** Points an alias that exists at another key. */
  async pointAlias(alias: string, id: string, options: AwsCallOptions = {}): Promise<void> {
    const point = new this.#sdk.UpdateAliasCommand({ AliasName: alias, TargetKeyId: id })
    await awsCall('kms:UpdateAlias', (limit) => this.#client.send(point, limit), options)
  }

  /** `key` is an id or an alias. */
  async encrypt(
    key: string,
    plaintext: Uint8Array,
    options: AwsCallOptions = {},
  ): Promise<Uint8Array> {
    const encrypt = new this.#sdk.EncryptCommand({ KeyId: key, Plaintext: plaintext })
    const { CiphertextBlob } = await awsCall(
      'kms:Encrypt',
      (limit) => this.#client.send(encrypt, limit),
      options,
    )
    return CiphertextBlob ?? new Uint8Array()
  }

  /** As the seal does it: the blob itself names its key. */
  async decrypt(blob: Uint8Array, options: AwsCallOptions = {}): Promise<Uint8Array> {
    const decrypt = new this.#sdk.DecryptCommand({ CiphertextBlob: blob })
    const { Plaintext } = await awsCall(
      'kms:Decrypt',
      (limit) => this.#client.send(decrypt, limit),
      options,
    )
    return Plaintext ?? new Uint8Array()
  }

  close(): void {
    this.#client.destroy()
  }
}
