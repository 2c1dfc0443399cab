import { expect, test } from 'vitest'
import { judgeScenario } from './judge.ts'
import { madeRun, recordOf } from './made-record.ts'
import { judged } from './spoiled.ts'

test('the good run passes', async () => {
  const verdict = await judged()

  expect(verdict).toMatchObject({ verdict: 'passed', lost: [], ghosts: [] })
  expect(verdict.objectives.map(({ id, verdict: word }) => [id, word])).toEqual([
    ['rto', 'met'],
    ['rpo', 'met'],
  ])
  expect(verdict.gates.filter(({ held }) => !held)).toEqual([])
})

test('the same record gives the same verdict', async () => {
  const record = await recordOf(madeRun())

  expect(judgeScenario(record)).toEqual(judgeScenario(record))
})
