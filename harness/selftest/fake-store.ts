/** What one node of the fake cluster holds: secrets with versions, as KV v2 keeps them. */

export type StoredVersion = {
  /** `null` once it was destroyed. */
  readonly value: unknown
  readonly createdAt: string
  readonly deletedAt?: string
}

export type StoredSecret = {
  readonly current: number
  readonly versions: ReadonlyMap<number, StoredVersion>
}

/** One committed entry of the replicated log: every node applies the same ones in the same order. */
export type Change =
  | { readonly do: 'write'; readonly name: string; readonly value: unknown; readonly at: string }
  | { readonly do: 'delete'; readonly name: string; readonly at: string }
  | { readonly do: 'purge'; readonly name: string }

/** As the mount of the stack is set up: the oldest versions beyond it go. */
const MAX_VERSIONS = 100

export class FakeStore {
  #secrets = new Map<string, StoredSecret>()

  read(name: string): StoredSecret | undefined {
    return this.#secrets.get(name)
  }

  /** Number of the version that a write made, else 0. */
  apply(change: Change): number {
    const known = this.#secrets.get(change.name)
    switch (change.do) {
      case 'write': {
        const current = (known?.current ?? 0) + 1
        const versions = new Map(known?.versions)
        versions.set(current, { value: change.value, createdAt: change.at })
        versions.delete(current - MAX_VERSIONS)
        this.#secrets.set(change.name, { current, versions })
        return current
      }
      case 'delete': {
        const latest = known?.versions.get(known.current)
        if (known === undefined || latest === undefined) return 0
        const versions = new Map(known.versions)
        versions.set(known.current, { ...latest, deletedAt: change.at })
        this.#secrets.set(change.name, { ...known, versions })
        return 0
      }
      case 'purge':
        this.#secrets.delete(change.name)
        return 0
    }
  }

  /** What a node does that rejoins: it takes over what the leader has. */
  copyFrom(other: FakeStore): void {
    this.#secrets = new Map(other.#secrets)
  }
}
