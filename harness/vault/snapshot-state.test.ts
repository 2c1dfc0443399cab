import { expect, test } from 'vitest'
import { StorageParts } from './snapshot-mounts.ts'
import { readableKey, StateReader } from './snapshot-state.ts'

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}

function entry(key: string, value: Buffer): Buffer {
  const parts = [key, value].map((each) => Buffer.from(each))
  const message = Buffer.concat(
    parts.flatMap((part, i) => [Buffer.from([(i + 1) * 8 + 2]), varint(part.length), part]),
  )
  return Buffer.concat([varint(message.length), message])
}

test('an entry that is larger than many pieces is handed over whole', () => {
  const value = Buffer.alloc(3_000_000, 'v')
  const content = Buffer.concat([entry('a', value), entry('b', Buffer.from('small'))])
  const state = new StateReader()
  const entries = Array.from({ length: Math.ceil(content.length / 65_536) }, (_, i) =>
    state.push(content.subarray(i * 65_536, (i + 1) * 65_536)),
  ).flat()
  expect(entries.map(({ key }) => key)).toEqual(['a', 'b'])
  expect(entries[0]?.value.equals(value)).toBe(true)
  expect([state.isCut, state.damage, state.unordered]).toEqual([false, undefined, undefined])
})

test.each([
  ['a length without an end', Buffer.alloc(12, 0xff), 'the length of an entry has no end, 0 bytes'],
  ['a length beyond all measure', varint(2 ** 40), 'an entry claims to have 1099511627776 bytes'],
  ['a message that is none', Buffer.from([3, 1, 2, 3]), 'an entry is none, 0 bytes'],
  ['an entry without a key', Buffer.from([2, 18, 0]), 'an entry is none, 0 bytes'],
])('%s ends the reading and is told', (_, content, damage) => {
  const state = new StateReader()
  expect(state.push(content)).toEqual([])
  expect(state.damage).toContain(damage)
  expect(state.push(entry('a', Buffer.from('1')))).toEqual([])
})

test('keys are compared as bytes, and read as what they are', () => {
  // U+1F511 comes after U+FFFD in bytes, and before it in JavaScript's own order.
  const state = new StateReader()
  const keys = ['ä', '\ufffd', '\u{1f511}'].map((key) => entry(key, Buffer.from('1')))
  const entries = state.push(Buffer.concat(keys))
  expect(entries.map(({ key }) => readableKey(key))).toEqual(['ä', '\ufffd', '\u{1f511}'])
  expect(state.unordered).toBeUndefined()
  state.push(entry('b', Buffer.from('1')))
  expect(state.unordered).toBe('b')
})

test.each([
  ['core/mounts/a', 'core'],
  ['sys/policy/default', 'sys/policy'],
  ['sys/policy', 'sys/policy'],
  ['logical/uuid/a/b', 'logical/uuid'],
  ['namespaces/n1/logical/uuid/a', 'namespaces/n1/logical/uuid'],
  ['namespaces/n1/core/mounts/a', 'namespaces/n1/core'],
  ['wal/x', 'wal'],
])('%s is counted under %s', (key, prefix) => {
  const parts = new StorageParts()
  parts.take({ key, value: Buffer.alloc(0), bytes: 7 })
  expect(parts.told()).toEqual([{ prefix, entries: 1, bytes: 7 }])
})

test('a state that names parts without end fills no memory', () => {
  const parts = new StorageParts()
  for (let i = 0; i < 30_000; i++) {
    parts.take({ key: `logical/${i}/x`, value: Buffer.alloc(0), bytes: 1 })
  }
  const told = parts.told()
  expect(told).toHaveLength(20_001)
  expect(told.at(-1)).toEqual({ prefix: '(further parts)', entries: 10_000, bytes: 10_000 })
})
