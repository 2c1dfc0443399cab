import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lastRunsIn } from './coverage.ts'

let reports: string
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'coverage-'))
})
afterEach(() => rmSync(reports, { recursive: true, force: true }))

const at = (hour: number) => `2030-01-01T0${hour}:00:00.000Z`

function ran(
  name: string,
  { hour, verdicts, ...more }: { hour: number; verdicts: readonly string[]; planted?: string },
): void {
  mkdirSync(join(reports, name))
  const scenarios = verdicts.map((verdict, i) => ({
    name: 'triage',
    directory: `triage.${i}`,
    product: 'openbao',
    verdict,
  }))
  const run = { format: 1, started: at(hour), heads: {}, scenarios, ...more }
  writeFileSync(join(reports, name, 'run.json'), JSON.stringify(run))
}

test('the newest run of a scenario counts, whatever its folder is called', () => {
  ran('b', { hour: 1, verdicts: ['failed'] })
  ran('a', { hour: 2, verdicts: ['passed'] })
  expect(lastRunsIn(reports).get('triage')).toEqual({
    verdict: 'passed',
    product: 'openbao',
    run: 'a',
  })
})

test('of several ways in one run the one that did not pass counts', () => {
  ran('a', { hour: 1, verdicts: ['passed', 'failed', 'passed'] })
  expect(lastRunsIn(reports).get('triage')?.verdict).toBe('failed')
})

test('a run that was made worse on purpose proves nothing', () => {
  ran('a', { hour: 1, verdicts: ['failed'] })
  ran('b', { hour: 2, verdicts: ['passed'], planted: 'M01' })
  expect(lastRunsIn(reports).get('triage')?.run).toBe('a')
})

test('what is no run is passed over', () => {
  mkdirSync(join(reports, 'empty'))
  writeFileSync(join(reports, 'a-file'), '')
  expect(lastRunsIn(reports).size).toBe(0)
  expect(lastRunsIn(join(reports, 'not-there')).size).toBe(0)
})
