import { describe, expect, test } from 'vitest'
import { type History, HistoryBuilder } from './history.ts'
import type { OperationData, OperationEntry } from './operation.ts'

type Given = {
  [K in keyof OperationData]: readonly [kind: K, data: Partial<OperationData[K]>]
}[keyof OperationData]

const HEAD: Given = ['workload', { pid: 7, clients: 2, operationsPerSecond: 100, seed: 's' }]

function built(...lines: readonly Given[]): History | undefined {
  const builder = new HistoryBuilder()
  lines.forEach(([kind, data], seq) => {
    const about = { client: 1, stream: 1, tenant: 't1', key: 'a', f: 'write', path: 'balancer' }
    const whole = kind === 'call' ? { ...about, conn: 'keepalive', intended: 0, ...data } : data
    builder.add({ seq, t: 0, prev: '', kind, data: whole } as unknown as OperationEntry)
  })
  return builder.finish()
}
const call = (i: number, at: number, more: Partial<OperationData['call']> = {}): Given => [
  'call',
  { i, call: at, ...more },
]
const ack = (i: number, ret: number): Given => ['return', { i, ret, out: { t: 'ack', ver: i } }]
const unknown = (i: number, ret: number): Given => [
  'return',
  { i, ret, out: { t: 'unknown', why: 'TIMEOUT after sending' } },
]

describe('the history', () => {
  test('has the operations in the order of their calls, with their answers', () => {
    const history = built(
      HEAD,
      call(1, 10),
      call(2, 12, { client: 2, stream: 2, f: 'read' }),
      ack(2, 15),
      ack(1, 20),
      call(3, 21),
      ack(3, 30),
    )
    expect(history).toMatchObject({ pid: 7, clients: 2, operationsPerSecond: 100, disorder: [] })
    expect(history?.ops.map(({ i, call, ret }) => [i, call, ret])).toEqual([
      [1, 10, 20],
      [2, 12, 15],
      [3, 21, 30],
    ])
    expect(history?.ops[0]?.out).toEqual({ t: 'ack', ver: 1 })
  })

  test('is none without the head of a workload', () => {
    expect(built(call(1, 10), ack(1, 20))).toBeUndefined()
    expect(built()).toBeUndefined()
  })

  test('leaves a change open for ever that is unknown or has no answer', () => {
    const history = built(
      HEAD,
      call(1, 10),
      unknown(1, 20),
      call(2, 21, { stream: 2, f: 'read' }),
      unknown(2, 30),
      call(3, 31, { stream: 2, f: 'delete' }),
    )
    expect(history?.disorder).toEqual([])
    expect(history?.ops.map(({ ret, out }) => [ret, out.t])).toEqual([
      [Number.POSITIVE_INFINITY, 'unknown'],
      [30, 'unknown'],
      [Number.POSITIVE_INFINITY, 'unknown'],
    ])
    expect(history?.ops[2]?.out).toMatchObject({ why: 'the record ends before its answer' })
  })

  test.each([
    [
      'an operation began before the one before it ended',
      [call(1, 10), call(2, 12), ack(1, 20), ack(2, 21)],
      'operation 2 of stream 1 began before 1 ended',
    ],
    [
      'an operation was sent at a time at which the one before it was under way',
      [call(1, 10), ack(1, 20), call(2, 15), ack(2, 30)],
      'operation 2 of stream 1 was sent before the one before it returned',
    ],
    [
      'a stream goes on after an unknown change',
      [call(1, 10), unknown(1, 20), call(2, 21), ack(2, 30)],
      'operation 2 of stream 1 began before 1 ended',
    ],
    [
      'an answer came before its request',
      [call(1, 10), ack(1, 10)],
      'operation 1 was answered before it was sent',
    ],
    [
      'an operation has two answers',
      [call(1, 10), ack(1, 20), ack(1, 21)],
      'operation 1 was answered twice',
    ],
    ['nobody asked for an answer', [ack(1, 20)], 'operation 1 was answered and never sent'],
    [
      'a number was given twice',
      [call(1, 10), ack(1, 20), call(1, 30), ack(1, 40)],
      'operation 1 was sent twice',
    ],
  ] as const)('says when %s', (_title, lines, said) => {
    expect(built(HEAD, ...lines)?.disorder).toEqual([said])
  })

  test('names no more than twenty of the things that are wrong', () => {
    const lines = Array.from({ length: 50 }, (_, i) => ack(i + 1, i))
    expect(built(HEAD, ...lines)?.disorder).toHaveLength(20)
  })
})
