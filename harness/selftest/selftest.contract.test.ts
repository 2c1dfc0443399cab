import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { plain } from '../evidence/summary.ts'
import { Seed } from '../lib/seed.ts'
import { matrixLines } from './matrix-text.ts'
import { selftest, verdictOf } from './selftest.ts'

/** A minute by itself; what CI allows beside it is for a slow machine. */
const WITHIN_MS = 180_000

test('every defect that is planted without an engine is caught', {
  timeout: WITHIN_MS,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'selftest-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const result = await selftest({
    levels: ['L0', 'L1'],
    only: [],
    seed: new Seed(),
    runs: 59,
    directory,
    signal: AbortSignal.timeout(WITHIN_MS),
    say: () => {},
  })
  expect(verdictOf(result), matrixLines(result, plain).join('\n')).toBe('passed')
  expect(result.outcomes.filter(({ outcome }) => outcome === 'caught').length).toBeGreaterThan(60)
})
