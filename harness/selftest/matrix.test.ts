import { describe, expect, test } from 'vitest'
import { plain } from '../evidence/summary.ts'
import { matrixHtml } from './matrix-html.ts'
import { matrixJson } from './matrix-json.ts'
import { matrixLines } from './matrix-text.ts'
import type { Outcome } from './outcome.ts'
import { type SelftestResult, verdictOf } from './selftest.ts'

const outcome = (change: Partial<Outcome>): Outcome => ({
  id: 'M01',
  title: 'writes are acknowledged with an invented version and are forwarded to nobody at all',
  level: 'L1',
  outcome: 'caught',
  named: ['lost-write', 'A1'],
  rang: ['lost-write', 'A1'],
  others: ['B', 'A2'],
  runs: 1,
  caught: 1,
  reason: 'RPO missed: <18> of 180 acknowledged writes lost',
  ...change,
})

const result = (change: Partial<SelftestResult> = {}): SelftestResult => ({
  seed: '7f3a',
  levels: ['L0', 'L1'],
  outcomes: [
    outcome({}),
    outcome({ id: 'M02', rang: [], others: ['host'] }),
    outcome({ id: 'M03', way: 'a standby is behind', outcome: 'pending', runs: 0, caught: 0 }),
  ],
  controls: [
    { level: 'L0', what: 'good records pass', outcome: 'passed', runs: 59, passed: 59, reason: '' },
  ],
  detectors: [{ detector: 'A1', says: 'a version has two owners', letsThrough: ['X30'] }],
  tookMs: 41_300,
  ...change,
})

const uncaught = outcome({ id: 'M04', outcome: 'uncaught', caught: 0, rang: [], others: [] })
const control = {
  level: 'L1',
  what: 'a short run passes',
  runs: 1,
  passed: 0,
  reason: 'host',
} as const

describe('the verdict of a self-test', () => {
  test.each([
    ['passed', 'when all is caught', {}],
    ['failed', 'when a defect is not', { outcomes: [uncaught] }],
    ['failed', 'when a control does not pass', { controls: [{ ...control, outcome: 'failed' }] }],
    [
      'failed',
      'when a detector is idle',
      { detectors: [{ detector: 'A1', says: '', letsThrough: [] }] },
    ],
    [
      'inconclusive',
      'when the machine was too busy for a control',
      { controls: [{ ...control, outcome: 'inconclusive' }] },
    ],
  ] as const)('is %s %s', (verdict, _when, change) => {
    expect(verdictOf(result(change))).toBe(verdict)
  })
})

describe('the matrix', () => {
  test('fits a terminal of 100 columns', () => {
    const lines = matrixLines(result({ outcomes: [...result().outcomes, uncaught] }), plain)
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "planted defects
              caught  what is wrong                                        by whom (+ others)
       M01 L1   1/1  writes are acknowledged with an invented version an… lost-write, A1 + 2
       M02 L1   1/1  writes are acknowledged with an invented version an… host
            not by lost-write, A1: RPO missed: <18> of 180 acknowledged writes lost
       M04 L1   0/1  writes are acknowledged with an invented version an… NOT CAUGHT
            RPO missed: <18> of 180 acknowledged writes lost

      pending
       M03 L1        a standby is behind                                  RPO missed: <18> of 180 acknow…

      controls: the same without a defect
           L0 59/59  good records pass                                    passed

      detectors: what comes through when one is off
       A1                 X30

      selftest failed: 2 caught (1 by others than named), 1 not caught, 1 pending
      1 of 1 detectors needed, seed 7f3a, 41 s"
    `)
  })

  test('is one JSON document with what the design names', () => {
    const { defects, controls } = JSON.parse(JSON.stringify(matrixJson(result())))
    expect(defects[0]).toMatchObject({
      id: 'M01',
      level: 'L1',
      detector: 'lost-write, A1',
      caughtBy: 'lost-write, A1, B, A2',
      outcome: 'caught',
      reason: 'RPO missed: <18> of 180 acknowledged writes lost',
    })
    expect(defects[2]).toMatchObject({ id: 'M03', outcome: 'pending' })
    expect(controls).toHaveLength(1)
  })

  test('is a page that needs no network and inserts nothing unescaped', () => {
    const page = matrixHtml(result(), '20261122T020114Z-selftest-7f3a')
    expect(page).not.toMatch(/https?:\/\/|<script/)
    expect(page).toContain('&lt;18&gt; of 180')
    expect(page).toContain('a standby is behind')
    expect(page).not.toContain('<18>')
  })
})
