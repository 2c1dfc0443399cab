import { expect, test } from 'vitest'
import type { Verbs } from './body.ts'
import { seconds } from './lib/duration.ts'
import { sabotaged } from './sabotage.ts'
import { type ScenarioBody, scenario } from './scenario.ts'

const SPEC = {
  id: 'XX1',
  source: '-',
  hypothesis: 'none',
  suites: [],
  load: 'none',
  leaves: 'healthy',
  objectives: () => [],
  deadline: seconds(1),
} as const

const noting: ScenarioBody = async ({ note }) => note('from the body')

test('sabotaged verbs reach the body of a scenario and of each of its ways', async () => {
  const notes: string[] = []
  const verbs = { note: (text: string) => notes.push(text) } as unknown as Verbs
  const sabotage = {
    defect: 'M00',
    verbs: (own: Verbs): Verbs => ({ ...own, note: (text) => own.note(`sabotaged ${text}`) }),
  }
  await sabotaged(scenario('one', SPEC, noting), sabotage).body?.(verbs)
  await sabotaged(scenario('two', SPEC, { refused: noting }), sabotage).variants.refused?.(verbs)
  expect(notes).toEqual(['sabotaged from the body', 'sabotaged from the body'])
})

test('a scenario without sabotage is the same value', () => {
  const honest = scenario('one', SPEC, noting)
  expect(sabotaged(honest, undefined)).toBe(honest)
})
