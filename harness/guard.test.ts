import { expect, test } from 'vitest'
import { freeMemory, Guard, type Room, SafetyStop, shortage } from './guard.ts'
import { milliseconds } from './lib/duration.ts'

const LEAST = { diskMiB: 1024, memoryMiB: 256 }

test.each([
  ['there is enough', { diskMiB: 1024, memoryMiB: 256 }, undefined],
  ['nothing can be seen', {}, undefined],
  [
    'the disk is full',
    { diskMiB: 1023.9, memoryMiB: 256 },
    "the engine's disk has 1023 MiB left, 1024 MiB are the limit",
  ],
  [
    'both run out',
    { diskMiB: 0, memoryMiB: 255 },
    "the engine's disk has 0 MiB left, 1024 MiB are the limit; the memory of this machine has 255 MiB left, 256 MiB are the limit",
  ],
] as const)('when %s, exactly that is said', (_what, room, said) => {
  expect(shortage(room, LEAST)).toBe(said)
})

test.each([
  ['the kernel tells it', 'MemFree: 7 kB\nMemAvailable:   524288 kB\n', { memoryMiB: 512 }],
  ['the kernel does not tell it', 'MemFree: 7 kB\n', {}],
])('the memory that is left is known where %s', (_where, meminfo, room) => {
  expect(freeMemory(() => meminfo)).toEqual(room)
})

test('where there is no /proc nothing is known of the memory', () => {
  const missing = () => {
    throw new Error('ENOENT')
  }
  expect(freeMemory(missing)).toEqual({})
})

test('a guard refuses to begin where there is too little already', () => {
  const act = () => new Guard(() => ({ diskMiB: 3 }), LEAST)
  expect(act).toThrow(SafetyStop)
  expect(act).toThrow(
    "stopped by the safety guard: the engine's disk has 3 MiB left, 1024 MiB are the limit",
  )
})

test('a guard stops what goes on when it runs out, once', async () => {
  let room: Room = { memoryMiB: 400 }
  let looks = 0
  const look = () => {
    looks++
    return room
  }
  const guard = new Guard(look, LEAST, { every: milliseconds(1) })
  const stopped = new Promise((resolve) => {
    guard.signal.addEventListener('abort', () => resolve(guard.signal.reason))
  })
  expect(guard.signal.aborted).toBe(false)
  room = { memoryMiB: 20 }
  expect(await stopped).toMatchObject({ name: 'SafetyStop', exitCode: 3 })
  const before = looks
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(looks).toBe(before)
})

test('a guard that was stopped stops nothing any more', async () => {
  let room: Room = { memoryMiB: 400 }
  const guard = new Guard(() => room, LEAST, { every: milliseconds(1) })
  guard.stop()
  room = { memoryMiB: 20 }
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(guard.signal.aborted).toBe(false)
})
