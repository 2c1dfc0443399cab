import { expect, test } from 'vitest'
import type { Interruption } from '../journal/interruption.ts'
import { verdictWithoutRecord } from '../objectives/verdict.ts'
import { interruptionLines, interruptionsSection } from './report-interruptions.ts'

const CELL: Interruption = {
  procedure: 'replace-node',
  step: 5,
  title: 'Join it',
  of: 'operator',
  when: 'inside',
  ended: 'killed',
  at: 'Join it',
  why: "the operator's process 71 was killed 5 ms after it began",
  resumed: 'done',
  outcome: 'healthy',
}

const verdictOf = (interruptions: readonly Interruption[]) => ({
  ...verdictWithoutRecord({ scenario: 'made' } as never, 'skipped', 'made'),
  interruptions,
})

test('the matrix tells of each cell what was interrupted, where it stopped and how it ended', () => {
  const cells: readonly Interruption[] = [
    CELL,
    {
      ...CELL,
      of: 'active-node',
      ended: 'failed',
      at: 'See that it has a vote',
      why: 'nobody | leads',
    },
    { ...CELL, when: 'after', outcome: 'broken', found: 'vault-3 is no voter', resumed: 'failed' },
    { ...CELL, of: 'active-node', ended: 'no-active-node', resumed: 'not-needed' },
    { ...CELL, ended: 'done', resumed: 'not-needed', of: 'active-node' },
  ]
  expect(interruptionLines(verdictOf(cells)).join('\n')).toMatchInlineSnapshot(`
    "| procedure | step | interrupted | ended | performed again | outcome |
    |-|-|-|-|-|-|
    | replace-node | 5. Join it | operator killed in it | the operator's process 71 was killed 5 ms after it began | from "Join it" to its end | healthy |
    | replace-node | 5. Join it | active node killed in it | stopped at "See that it has a vote": nobody \\| leads | from "See that it has a vote" to its end | healthy |
    | replace-node | 5. Join it | operator killed after it | the operator's process 71 was killed 5 ms after it began | failed | broken: vault-3 is no voter |
    | replace-node | 5. Join it | active node killed in it | no node led, so none was killed | not needed | healthy |
    | replace-node | 5. Join it | active node killed in it | came to its end | not needed | healthy |
    "
  `)
  expect(interruptionsSection(verdictOf(cells))).toMatchObject({
    html: expect.stringContaining('3 of 4 ended healthy; in 1 more no node led to be killed'),
  })
})

test('a run without it has no such part, and neither has one of before there was one', () => {
  expect(interruptionLines(verdictOf([]))).toEqual([])
  expect(interruptionsSection(verdictOf([]))).toBe(false)
  const { interruptions: _, ...older } = verdictOf([])
  expect(interruptionLines(older)).toEqual([])
})
