import type { ReadOut, ReadRegister, ReadVersion } from '../journal/read-out.ts'

/**
 * A key-value store with versions as KV v2 has it, in memory: what made histories run against.
 * It can be told to misbehave, which is how most planted defects of a whole world are made.
 */

type Version = { readonly op: string; deleted: boolean }
type Registers = Map<string, Version[]>

/** What is wrong with the world. Tenants and keys are those of the history. */
export type Sabotage =
  /** A restore answers and changes nothing. */
  | 'restore-noop'
  /** A restore loads the snapshot before the one that was taken. */
  | 'restore-too-old'
  /** One tenant comes back from the snapshot before. */
  | 'tenant-from-older-snapshot'
  /** The snapshot copies one key after the other while clients write. */
  | 'file-copy'
  /** One tenant keeps what was written after the snapshot. */
  | 'written-after-snapshot'
  /** A proxy sends some writes twice. */
  | 'duplicate-apply'
  /** A proxy answers some writes itself and forwards nothing. */
  | 'acknowledge-nothing'
  /** Deletes are answered and not applied. */
  | 'delete-ignored'

export type Seen = { readonly ver: number; readonly op: string | null; readonly deleted: boolean }

export class MadeStore {
  #live: Registers = new Map()
  #saved: Registers = new Map()
  /** A snapshot that nobody asked for: what "yesterday's file" is. */
  #older: Registers = new Map()
  readonly #sabotage: Sabotage | undefined
  readonly #tenantOf: (key: string) => string

  constructor(tenantOf: (key: string) => string, sabotage?: Sabotage) {
    this.#tenantOf = tenantOf
    this.#sabotage = sabotage
  }

  read(key: string): Seen {
    const versions = this.#live.get(key) ?? []
    const last = versions.at(-1)
    return {
      ver: versions.length,
      op: last === undefined || last.deleted ? null : last.op,
      deleted: last?.deleted === true,
    }
  }

  /** The version that it made; `undefined`: the key is not at `cas`. */
  write(key: string, op: string, cas?: number): number | undefined {
    const versions = this.#versions(key)
    if (cas !== undefined && cas !== versions.length) return undefined
    versions.push({ op, deleted: false })
    return versions.length
  }

  delete(key: string): void {
    const last = this.#live.get(key)?.at(-1)
    if (last !== undefined && this.#sabotage !== 'delete-ignored') last.deleted = true
  }

  /** The world goes on after "yesterday's" snapshot. */
  saveOlder(): void {
    this.#older = copyOf(this.#live)
  }

  save(): void {
    this.#saved = copyOf(this.#live)
  }

  /** One key of a backup that is no snapshot. */
  saveKey(key: string): void {
    this.#saved.set(key, copyOfVersions(this.#live.get(key) ?? []))
  }

  restore(): void {
    if (this.#sabotage === 'restore-noop') return
    const before = this.#live
    this.#live = copyOf(this.#sabotage === 'restore-too-old' ? this.#older : this.#saved)
    const other =
      this.#sabotage === 'tenant-from-older-snapshot'
        ? this.#older
        : this.#sabotage === 'written-after-snapshot'
          ? before
          : undefined
    if (other === undefined) return
    for (const key of before.keys()) {
      if (this.#tenantOf(key) === 't0') {
        this.#live.set(key, copyOfVersions(other.get(key) ?? []))
      }
    }
  }

  /** What a reader finds on every node: all nodes hold the same. */
  readOuts(nodes: readonly string[], keys: readonly string[]): readonly ReadOut[] {
    return nodes.map((node) => ({
      node,
      ended: true,
      registers: new Map(keys.map((key) => [key, registerOf(this.#live.get(key) ?? [])])),
    }))
  }

  #versions(key: string): Version[] {
    const known = this.#live.get(key)
    if (known !== undefined) return known
    const versions: Version[] = []
    this.#live.set(key, versions)
    return versions
  }
}

const copyOfVersions = (versions: readonly Version[]): Version[] => versions.map((v) => ({ ...v }))
const copyOf = (registers: Registers): Registers =>
  new Map([...registers].map(([key, versions]) => [key, copyOfVersions(versions)]))

/** The value of a deleted version cannot be read. */
function registerOf(versions: readonly Version[]): ReadRegister {
  const read = versions.map(({ op, deleted }, i): [number, ReadVersion] => [
    i + 1,
    deleted
      ? { listed: 'deleted', state: 'deleted' }
      : { listed: 'live', state: 'present', op, intact: true },
  ])
  const state = versions.length === 0 ? 'absent' : 'present'
  return { state, current: versions.length, versions: new Map(read) }
}
