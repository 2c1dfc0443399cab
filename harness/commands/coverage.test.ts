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

type Ran = { readonly verdict: string; readonly variant?: string; readonly product?: string }

function ran(
  name: string,
  { hour, all, ...more }: { hour: number; all: readonly Ran[]; planted?: string },
): void {
  mkdirSync(join(reports, name))
  const scenarios = all.map((each, i) => ({
    name: 'triage',
    directory: `triage.${i}`,
    product: 'openbao',
    ...each,
  }))
  const run = { format: 1, started: at(hour), heads: {}, scenarios, ...more }
  writeFileSync(join(reports, name, 'run.json'), JSON.stringify(run))
}

/** Run, way, product and verdict of what was found. */
const found = () =>
  lastRunsIn(reports)
    .map(({ run, variant = '-', product, verdict }) => [run, variant, product, verdict].join(' '))
    .toSorted()

test('the newest run of a scenario counts, whatever its folder is called', () => {
  ran('b', { hour: 1, all: [{ verdict: 'failed' }] })
  ran('a', { hour: 2, all: [{ verdict: 'passed' }] })
  expect(lastRunsIn(reports)).toEqual([
    { scenario: 'triage', verdict: 'passed', product: 'openbao', run: 'a' },
  ])
})

test('of several runs of a way in one the worst counts', () => {
  const all = ['passed', 'failed', 'inconclusive', 'passed'].map((verdict) => ({ verdict }))
  ran('a', { hour: 1, all })
  expect(found()).toEqual(['a - openbao failed'])
})

test('a newer run of one way, or with one product, hides no older one of another', () => {
  ran('a', { hour: 1, all: [{ verdict: 'failed', variant: 'tenant' }] })
  ran('b', { hour: 2, all: [{ verdict: 'passed', variant: 'purged' }] })
  ran('c', { hour: 3, all: [{ verdict: 'passed', variant: 'tenant', product: 'vault' }] })
  expect(found()).toEqual([
    'a tenant openbao failed',
    'b purged openbao passed',
    'c tenant vault passed',
  ])
})

test.each(['skipped', 'aborted'])('what was %s is no verdict, and hides none', (verdict) => {
  ran('a', { hour: 1, all: [{ verdict: 'failed' }] })
  ran('b', { hour: 2, all: [{ verdict }] })
  expect(found()).toEqual(['a - openbao failed'])
})

test('a run that was made worse on purpose proves nothing', () => {
  ran('a', { hour: 1, all: [{ verdict: 'failed' }] })
  ran('b', { hour: 2, all: [{ verdict: 'passed' }], planted: 'M01' })
  expect(found()).toEqual(['a - openbao failed'])
})

test('what is no run is passed over', () => {
  mkdirSync(join(reports, 'empty'))
  writeFileSync(join(reports, 'a-file'), '')
  expect(lastRunsIn(reports)).toEqual([])
  expect(lastRunsIn(join(reports, 'not-there'))).toEqual([])
})
