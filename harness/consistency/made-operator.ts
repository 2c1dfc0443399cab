import type { Op } from '../journal/history.ts'
import type { Ns } from '../lib/clock.ts'
import type { MadeStore, Sabotage } from './made-store.ts'

/** Of the operations of the run, as shares: a snapshot's call, effect and return, and a restore's. */
const OLDER = 0.3
const SNAPSHOT = [0.5, 0.54, 0.58] as const
const RESTORE = [0.75, 0.76, 0.77] as const

/** Who saves and restores in a made history: one more sequential client. */
export class MadeOperator {
  readonly ops: { -readonly [K in keyof Op]: Op[K] }[] = []
  readonly #store: MadeStore
  readonly #operations: number
  readonly #steps: readonly (readonly [share: number, act: (at: Ns) => void])[]
  readonly #isFileCopy: boolean
  #done = 0
  #copied = 0

  constructor(store: MadeStore, operations: number, sabotage: Sabotage | undefined) {
    this.#store = store
    this.#operations = operations
    this.#isFileCopy = sabotage === 'file-copy'
    this.#steps = [
      [OLDER, () => store.saveOlder()],
      [SNAPSHOT[0], (at) => this.#began('snapshot', at)],
      [SNAPSHOT[1], () => this.#isFileCopy || store.save()],
      [SNAPSHOT[2], (at) => this.#ended(at)],
      [RESTORE[0], (at) => this.#began('restore', at)],
      [RESTORE[1], () => store.restore()],
      [RESTORE[2], (at) => this.#ended(at)],
    ]
  }

  /** Does what is due after so many operations of the clients. */
  advance(operations: number, at: Ns, keys: readonly string[]): void {
    const share = operations / this.#operations
    if (this.#isFileCopy) this.#copy(share, keys)
    for (; ; this.#done++) {
      const step = this.#steps[this.#done]
      if (step === undefined || share < step[0]) return
      step[1](at)
    }
  }

  /** One register after the other, from the snapshot's call to its return. */
  #copy(share: number, keys: readonly string[]): void {
    const [from, , to] = SNAPSHOT
    const part = Math.min(1, (share - from) / (to - from))
    for (; this.#copied < Math.ceil(keys.length * part); this.#copied++) {
      this.#store.saveKey(keys[this.#copied] ?? '')
    }
  }

  #began(f: 'snapshot' | 'restore', at: Ns): void {
    this.ops.push({
      i: this.#operations + this.ops.length + 1,
      client: 0,
      stream: 0,
      tenant: '',
      key: '',
      f,
      path: 'operator',
      conn: 'fresh',
      intended: at,
      call: at,
      ret: Number.POSITIVE_INFINITY,
      out: { t: 'unknown', why: 'under way' },
    })
  }

  #ended(at: Ns): void {
    const op = this.ops.at(-1)
    if (op === undefined) return
    op.ret = at
    op.out = { t: 'ack' }
  }
}
