import { expect, test, vi } from 'vitest'
import { LoadUsage } from './load-usage.ts'

const answers = (...told: readonly (number | undefined | Error)[]) => {
  const left = [...told]
  return {
    cpuMs: async () => {
      const next = left.shift()
      if (next instanceof Error) throw next
      return next
    },
  }
}

const watched = async (program: ReturnType<typeof answers>, forMs: number) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const usage = new LoadUsage(program)
    await usage.start()
    await vi.advanceTimersByTimeAsync(forMs)
    await usage.stop()
    return usage.result
  } finally {
    vi.useRealTimers()
  }
}

test('its share is what it used from the first answer to the last', async () => {
  const { cpuMsPerS, processors, hostIdle } = await watched(answers(100, 700, 1300), 6000)
  expect(cpuMsPerS).toBe(200)
  expect(processors).toBeGreaterThan(0)
  expect(hostIdle).toHaveLength(6)
  expect(hostIdle?.every((share) => share >= 0 && share <= 1)).toBe(true)
})

test.each([
  ['that does not run any more', [undefined, undefined]],
  ['of which nobody can tell', [new Error('gone'), new Error('gone')]],
  ['that told something once', [100, undefined]],
])('a program %s has no share', async (_what, told) => {
  expect(await watched(answers(...told), 2000)).not.toHaveProperty('cpuMsPerS')
})
