import type { SeededKey } from '../aws/kms.ts'
import type { Address } from '../lib/http.ts'

/** The emulator as one cluster uses it. */
export type AwsPlace = {
  /** Where this process dials it, through no link. */
  readonly address: Address
  /** Where pods find it: `ip:port` is what their links lead to. */
  readonly inside: Address
  /** Id of its container. */
  readonly container: string
  /** The key that the nodes' seal uses, with its material. */
  readonly key: SeededKey
  readonly bucket: string
  /** Whether only this cluster uses it. */
  readonly own: boolean
}
