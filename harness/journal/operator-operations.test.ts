import { describe, expect, test } from 'vitest'
import type { Entry, JournalData } from './entry.ts'
import type { History } from './history.ts'
import { withOperator } from './operator-operations.ts'

const write = { i: 7, f: 'write', call: 15, ret: 16, out: { t: 'ack', ver: 1 } }
const history = { ops: [write], clients: 1, operationsPerSecond: 1, pid: 1, disorder: [] }

type Given = readonly [at: number, data: JournalData['operation.began' | 'operation.ended']]

const entriesOf = (given: readonly Given[]): readonly Entry[] =>
  given.map(([t, data]) => ({
    t,
    kind: 'f' in data ? 'operation.began' : 'operation.ended',
    data,
  })) as unknown as readonly Entry[]

const opsOf = (...given: readonly Given[]) =>
  withOperator(history as unknown as History, entriesOf(given))?.ops.map(
    ({ i, f, call, ret, out }) => [i, f, call, ret, out.t],
  )

describe("the operator's operations", () => {
  test('stand among those of the clients, numbered after them', () => {
    const ended = { operation: 1, outcome: 'acknowledged' } as const
    expect(opsOf([10, { operation: 1, f: 'snapshot' }], [20, ended])).toEqual([
      [8, 'snapshot', 10, 20, 'ack'],
      [7, 'write', 15, 16, 'ack'],
    ])
  })

  test.each([
    ['without an end is open', undefined, Number.POSITIVE_INFINITY, 'unknown'],
    ['that nobody knows of is open', 'unknown', Number.POSITIVE_INFINITY, 'unknown'],
    ['that was refused is over', 'refused', 40, 'refused'],
    ['in force is over', 'acknowledged', 40, 'ack'],
  ] as const)('a restore %s', (_, outcome, ret, out) => {
    const end: readonly Given[] = outcome === undefined ? [] : [[40, { operation: 1, outcome }]]
    const found = opsOf([30, { operation: 1, f: 'restore' }], ...end)
    expect(found?.at(-1)).toEqual([8, 'restore', 30, ret, out])
  })

  test('whoever goes on after somebody else has the last word about a restore', () => {
    const found = opsOf(
      [30, { operation: 1, f: 'restore' }],
      [31, { operation: 1, outcome: 'unknown' }],
      [50, { operation: 1, outcome: 'acknowledged' }],
    )
    expect(found?.at(-1)).toEqual([8, 'restore', 30, 50, 'ack'])
  })

  test('leave out the snapshots that were made between one and its restore', () => {
    const found = opsOf(
      [10, { operation: 1, f: 'snapshot' }],
      [20, { operation: 2, f: 'snapshot' }],
      [30, { operation: 3, f: 'restore', of: 1 }],
      [40, { operation: 4, f: 'snapshot' }],
    )
    expect(found?.map(([i, f]) => [i, f])).toEqual([
      [8, 'snapshot'],
      [7, 'write'],
      [10, 'restore'],
      [11, 'snapshot'],
    ])
  })

  test('are none of a run without a workload', () => {
    expect(withOperator(undefined, entriesOf([[10, { operation: 1, f: 'snapshot' }]]))).toBe(
      undefined,
    )
  })
})
