import { expect, test } from 'vitest'
import { judgeScenario } from '../objectives/judge.ts'
import { madeRun, recordOf } from '../objectives/made-record.ts'
import type { Verdict } from '../objectives/verdict.ts'
import { againstControls } from './against-control.ts'
import { madeRunFile } from './made-run.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'

type Measured = { readonly lo: number; readonly hi: number | null } | null

const good = judgeScenario(await recordOf(madeRun()))

function way(variant: string, measured: Measured, more: Partial<Verdict> = {}): Verdict {
  const objectives = good.objectives.map((each) =>
    each.kind === 'rto' ? { ...each, measured } : each,
  )
  return { ...good, scenario: 'failover', variant, objectives, ...more }
}

const control = way('control', { lo: 1800, hi: 2000 })
const blackhole = way('blackhole', { lo: 11_500, hi: 12_000 })

test('a way that was out longer says by how much, from the least to the most that it can be', () => {
  expect(againstControls([blackhole, control])).toEqual([
    'failover:blackhole (openbao 2.6.2, M1) was out 10.2 s (9.5–10.2) longer than its control of the same seed.',
  ])
})

test('one that never came back was out longer by what was watched at least', () => {
  const [said] = againstControls([control, way('blackhole', { lo: 30_000, hi: null })])
  expect(said).toContain('was out more than 28.0 s longer than')
})

test('one that came back sooner was out no longer', () => {
  const [said] = againstControls([control, way('refused', { lo: 1000, hi: 1200 })])
  expect(said).toContain('was out no longer than')
})

test.each<[string, readonly Verdict[]]>([
  ['there is no control', [blackhole]],
  ['the control is alone', [control]],
  ['the control never came back', [blackhole, way('control', { lo: 1800, hi: null })]],
  ['nothing was measured', [way('blackhole', null), control]],
  ['the seed is another one', [way('blackhole', { lo: 1, hi: 2 }, { seed: 'ffff' }), control]],
  [
    'the product is another one',
    [way('blackhole', { lo: 1, hi: 2 }, { product: 'vault' }), control],
  ],
])('nothing is compared where %s', (_why, verdicts) => {
  expect(againstControls(verdicts)).toEqual([])
})

test('both pages tell it below the overview', () => {
  const verdicts = [blackhole, control]
  const said = 'failover:blackhole (openbao 2.6.2, M1) was out 10.2 s'
  expect(reportMarkdown(madeRunFile, verdicts)).toContain(`\n- ${said}`)
  const page = reportHtml(
    madeRunFile,
    verdicts.map((verdict) => ({ verdict })),
  )
  expect(page).toContain(`<li>${said}`)
})
