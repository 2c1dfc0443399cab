import type { Ns } from '../lib/clock.ts'
import type { OperationData, OperationEntry, OperationOutcome } from './operation.ts'

/** One operation on a register. Without an answer it is unknown and may still be applied: `ret` ∞. */
export type Op = OperationData['call'] & {
  readonly ret: Ns
  readonly out: OperationOutcome
}

/** What the clients of the register workload did, in the order of their calls. */
export type History = {
  readonly ops: readonly Op[]
  readonly clients: number
  readonly operationsPerSecond: number
  /** Process of the workload: the read-out must come from another. */
  readonly pid: number
  /** What a sequential client cannot have done; empty: the recorder is in order. */
  readonly disorder: readonly string[]
}

const NO_ANSWER: OperationOutcome = { t: 'unknown', why: 'the record ends before its answer' }
/** Enough to see what is wrong; a broken recorder would name every line. */
const DISORDER_MAX = 20

export class HistoryBuilder {
  readonly #open = new Map<number, number>()
  readonly #ops: { -readonly [K in keyof Op]: Op[K] }[] = []
  readonly #disorder: string[] = []
  /** Per stream: the operation it has under way, or the return of its last one. */
  readonly #streams = new Map<number, { busyWith: number | undefined; freeFrom: Ns }>()
  #workload: OperationData['workload'] | undefined

  add(entry: OperationEntry): void {
    if (entry.kind === 'workload') this.#workload = entry.data
    else if (entry.kind === 'call') this.#call(entry.data)
    else if (entry.kind === 'return') this.#return(entry.data)
  }

  /** `undefined` when the file has no head: nobody ran a workload. */
  finish(): History | undefined {
    if (this.#workload === undefined) return undefined
    const { clients, operationsPerSecond, pid } = this.#workload
    const ops = this.#ops.sort((a, b) => a.call - b.call || a.i - b.i)
    return { ops, clients, operationsPerSecond, pid, disorder: this.#disorder }
  }

  #call(call: OperationData['call']): void {
    const stream = this.#streams.get(call.stream)
    if (stream?.busyWith !== undefined) {
      this.#note(
        `operation ${call.i} of stream ${call.stream} began before ${stream.busyWith} ended`,
      )
    } else if (stream !== undefined && call.call < stream.freeFrom) {
      this.#note(
        `operation ${call.i} of stream ${call.stream} was sent before the one before it returned`,
      )
    }
    if (this.#open.has(call.i)) this.#note(`operation ${call.i} was sent twice`)
    this.#streams.set(call.stream, { busyWith: call.i, freeFrom: 0 })
    this.#open.set(call.i, this.#ops.length)
    this.#ops.push({ ...call, ret: Number.POSITIVE_INFINITY, out: NO_ANSWER })
  }

  #return({ i, ret, out }: OperationData['return']): void {
    const at = this.#open.get(i)
    const op = at === undefined ? undefined : this.#ops[at]
    if (op === undefined) {
      this.#note(`operation ${i} was answered and never sent`)
      return
    }
    if (op.ret !== Number.POSITIVE_INFINITY) {
      this.#note(`operation ${i} was answered twice`)
      return
    }
    if (ret <= op.call) this.#note(`operation ${i} was answered before it was sent`)
    // What a change did without an answer, it may do later: it stays open for ever.
    op.ret = out.t === 'unknown' && op.f !== 'read' ? Number.POSITIVE_INFINITY : ret
    op.out = out
    // Then its stream is over as well: the client has to go on under another.
    if (op.ret === ret) this.#streams.set(op.stream, { busyWith: undefined, freeFrom: ret })
  }

  #note(text: string): void {
    if (this.#disorder.length < DISORDER_MAX) this.#disorder.push(text)
  }
}
