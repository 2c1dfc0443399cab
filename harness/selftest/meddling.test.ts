import { expect, test } from 'vitest'
import type { Verbs } from '../body.ts'
import type { Operator } from '../cluster/operator.ts'
import { stepsOf } from '../procedure-steps.ts'
import { backup } from '../procedures/backup.ts'
import type { Procedure, Step } from '../procedures/procedure.ts'
import { restoreCluster } from '../procedures/restore-cluster.ts'
import { type Meddling, meddlingWith } from './meddling.ts'
import { STEPS } from './real-restores.ts'

const OPERATOR = {} as Operator

/** Performs as the body does, and notes the steps. */
function performing(done: string[], meddlings: readonly Meddling[]): Verbs['perform'] {
  const step: Step = async (title, act) => {
    done.push(`begin ${title}`)
    const result = await act()
    done.push(`end ${title}`)
    return result
  }
  const perform: Verbs['perform'] = async (procedure, given) => {
    await procedure.perform(OPERATOR, given, step, () => {
      throw new RangeError('no procedure in a procedure here')
    })
  }
  return meddlingWith(...meddlings)({ perform } as Verbs).perform
}

const made: Procedure<object> = {
  name: 'made',
  runbook: 'docs/runbook/backup.md',
  perform: async (_operator, _given, step) => {
    for (const title of ['Look', 'Go']) await step(title, async () => {})
  },
}

const noting = (done: string[], where: Pick<Meddling, 'before' | 'after'>): Meddling => ({
  procedure: 'made',
  ...where,
  act: async ({ operator }) => void done.push(operator === OPERATOR ? 'meddled' : 'of whom?'),
})

test.each([
  ['before', ['begin Look', 'end Look', 'meddled', 'begin Go', 'end Go']],
  ['after', ['begin Look', 'end Look', 'begin Go', 'end Go', 'meddled']],
] as const)('somebody meddles %s a step, and the steps are the same', async (when, expected) => {
  const done: string[] = []
  await performing(done, [noting(done, { [when]: 'Go' })])(made, {})
  expect(done).toEqual(expected)
})

test('a procedure that nobody meddles with is the same value', async () => {
  let performed: unknown
  const perform = async (procedure: unknown) => {
    performed = procedure
  }
  const verbs = meddlingWith(noting([], { before: 'Go' }))({ perform } as unknown as Verbs)
  const other = { ...made, name: 'other' }
  await verbs.perform(other, {})
  expect(performed).toBe(other)
})

test('a sabotage that finds no such step is an error, not a defect that came through', async () => {
  const performed = performing([], [noting([], { before: 'Gone' })])(made, {})
  await expect(performed).rejects.toThrow('the sabotage found no step "Gone" in made')
})

test('the defects meddle at steps that the procedures have', async () => {
  const steps = [
    ...(await stepsOf(backup as Procedure<never>)),
    ...(await stepsOf(restoreCluster as Procedure<never>)),
  ].map(({ title }) => title)
  expect(Object.values(STEPS).filter((title) => !steps.includes(title))).toEqual([])
})
