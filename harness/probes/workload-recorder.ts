import type { ChainWriter, Seal } from '../journal/chain.ts'
import type { OperationData } from '../journal/operation.ts'
import type { RunClock } from '../lib/clock.ts'

/** Writes down what all clients of the workload do, and numbers it. */
export class OperationRecorder {
  readonly #file: ChainWriter
  readonly #clock: RunClock
  #operations = 0
  #streams = 0

  constructor(file: ChainWriter, clock: RunClock, head: OperationData['workload']) {
    this.#file = file
    this.#clock = clock
    file.append('workload', head)
  }

  next(): number {
    return ++this.#operations
  }

  /** A thread of operations one after another, of no client yet. */
  newStream(): number {
    return ++this.#streams
  }

  /** To be sent right after this: the time is taken now, and the line is on disk on return. */
  called(call: Omit<OperationData['call'], 'call'>): void {
    const line: OperationData['call'] = { ...call, call: this.#clock.now() }
    this.#file.append('call', line)
  }

  returned(line: OperationData['return']): void {
    this.#file.append('return', line)
  }

  close(): Seal {
    return this.#file.close()
  }
}
