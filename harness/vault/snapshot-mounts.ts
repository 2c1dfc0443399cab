import type { StorageEntry } from './snapshot-state.ts'
import { readableKey } from './snapshot-state.ts'

/** A part of the storage, and what is in it. */
export type StoragePart = {
  /**
   * `logical/<uuid>`, `auth/<uuid>`, `audit/<uuid>`, `sys/<what>`, `core`, within a namespace
   * `namespaces/<uuid>/…`. Which mount has that uuid only the unsealed server knows.
   */
  readonly prefix: string
  readonly entries: number
  readonly bytes: number
  /** What the names below it show. */
  readonly kind?: 'kv-v2' | 'identity' | 'approle'
  /** Of a KV version 2: paths that have ever been written and not purged, deleted ones too. */
  readonly secrets?: number
  /** Of a KV version 2: values, all versions of all secrets that were not destroyed. */
  readonly versions?: number
}

/** A state that names more parts than this is summed up: memory must not grow with what it says. */
const MOST_PARTS = 20_000
const REST = '(further parts)'

type Count = {
  entries: number
  bytes: number
  secrets: number
  versions: number
  kind?: StoragePart['kind']
}

/** Counts entries by the part of the storage that they are in. */
export class StorageParts {
  readonly #counts = new Map<string, Count>()
  #last: { readonly prefix: string; readonly count: Count } | undefined

  take({ key, bytes }: StorageEntry): void {
    const count = this.#of(key)
    count.entries++
    count.bytes += bytes
    const shape = SHAPE.exec(key)?.groups
    if (shape === undefined) return
    if (shape.metadata !== undefined) count.secrets++
    if (shape.version !== undefined) count.versions++
    if (shape.kv !== undefined) count.kind ??= 'kv-v2'
    else if (shape.identity !== undefined) count.kind ??= 'identity'
    else if (shape.approle !== undefined) count.kind ??= 'approle'
  }

  told(): readonly StoragePart[] {
    return [...this.#counts].map(([prefix, { entries, bytes, kind, secrets, versions }]) => ({
      prefix: readableKey(prefix),
      entries,
      bytes,
      ...(kind === undefined ? {} : { kind }),
      ...(kind === 'kv-v2' ? { secrets, versions } : {}),
    }))
  }

  /** Keys come in order, so the part is mostly the one of the key before. */
  #of(key: string): Count {
    const prefix = partOf(key)
    if (this.#last?.prefix === prefix) return this.#last.count
    const isNew = !this.#counts.has(prefix)
    const name = isNew && this.#counts.size >= MOST_PARTS ? REST : prefix
    const count = this.#counts.get(name) ?? { entries: 0, bytes: 0, secrets: 0, versions: 0 }
    this.#counts.set(name, count)
    this.#last = { prefix, count }
    return count
  }
}

const PART = /^(?:namespaces\/[^/]+\/)?(?:(?:logical|auth|audit|sys)\/[^/]+|[^/]+)/

/** The part of the storage that a key belongs to. */
export const partOf = (key: string): string => PART.exec(key)?.[0] ?? key

/**
 * What tells one kind of mount from another. Names below a KV version 2 are encrypted by a key of
 * the mount's own, piece by piece, so that their number and depth still show.
 */
const SHAPE =
  /^(?:namespaces\/[^/]+\/)?(?:logical\/[^/]+\/(?:(?<kv>[0-9a-f-]{36}\/(?:upgrading$|policy\/metadata$|(?<metadata>metadata\/)|(?<version>versions\/)))|(?<identity>oidc_provider\/|packer\/buckets\/))|auth\/[^/]+\/(?<approle>secret_id\/|role_id\/))/
