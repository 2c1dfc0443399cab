import { expect, test } from 'vitest'
import { failureOf } from './load-failed.ts'

test.each([
  [0, 'did what it should', undefined, undefined],
  [99, 'crossed a threshold, which the samples judge', undefined, undefined],
  [105, 'was stopped by somebody', 'somebody stopped k6 (exit code 105): why', false],
  [107, 'threw', 'the script threw (exit code 107): why', false],
  [108, 'gave up', 'the script gave up (exit code 108): why', false],
  [104, 'was configured wrongly', 'k6 refused its configuration (exit code 104): why', true],
  [109, 'panicked', 'k6 panicked (exit code 109): why', true],
  [137, 'was killed', 'k6 was killed (exit code 137): why', true],
  [255, 'found no function', 'k6 could not use the script (exit code 255): why', true],
  [1, 'failed somehow', 'k6 failed (exit code 1): why', true],
] as const)('with exit code %i it %s', (code, _what, message, infrastructure) => {
  const failed = failureOf('open', code, { stopped: false, said: 'why' })
  expect(failed?.message).toBe(message === undefined ? undefined : `the load "open": ${message}`)
  expect(failed?.infrastructure).toBe(infrastructure)
})

test('what we stopped may say so, and nothing else', () => {
  const stopped = (code: number) => failureOf('open', code, { stopped: true, said: undefined })
  expect(stopped(105)).toBeUndefined()
  expect(stopped(0)).toBeUndefined()
  expect(stopped(137)?.message).toBe('the load "open": k6 was killed (exit code 137)')
})
