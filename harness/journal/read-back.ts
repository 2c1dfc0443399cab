import type { ReadData, ReadEntry } from './entry.ts'

/** One pass over all writes: what was found of each. */
export type ReadPass = {
  readonly node: string
  readonly as: ReadData['pass']['as']
  readonly writes: number
  readonly pid: number
  /** Whether the reader said that it was through. */
  readonly ended: boolean
  /** Reads that are what they should be: present, version 1, intact. */
  readonly good: ReadonlySet<number>
  /** All others. */
  readonly odd: ReadonlyMap<number, ReadData['read']>
}

type OpenPass = {
  -readonly [K in keyof ReadPass]: ReadPass[K]
} & { readonly good: Set<number>; readonly odd: Map<number, ReadData['read']> }

export class ReadBackBuilder {
  readonly #passes: OpenPass[] = []

  add(entry: ReadEntry): void {
    if (entry.kind === 'pass') {
      this.#passes.push({ ...entry.data, ended: false, good: new Set(), odd: new Map() })
      return
    }
    if (entry.kind !== 'read' && entry.kind !== 'pass.ended') return // of the registers
    const pass = this.#passes.findLast((candidate) => candidate.node === entry.data.node)
    if (pass === undefined) return // a read outside any pass proves nothing about completeness
    if (entry.kind === 'pass.ended') {
      pass.ended = true
      return
    }
    const { n, state, version, intact } = entry.data
    if (state === 'present' && version === 1 && intact === true) pass.good.add(n)
    else pass.odd.set(n, entry.data)
  }

  finish(): readonly ReadPass[] {
    return this.#passes
  }
}
