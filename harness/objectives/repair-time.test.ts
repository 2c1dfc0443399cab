import { expect, test } from 'vitest'
import type { JournalData, ObjectiveSpec } from '../journal/entry.ts'
import { adding, both, judged, objectives, rpoSpec, rtoWithin, type Spoil } from './spoiled.ts'

/** The fault of the made run is issued at 5,800 ms and in force at 5,805 ms. */
const toLastStep = (limitMs: number, people?: 'added'): Spoil => {
  const spec = rtoWithin(limitMs) as Extract<ObjectiveSpec, { kind: 'rto' }>
  return objectives(
    { ...spec, until: 'last-step', ...(people === undefined ? {} : { people }) },
    rpoSpec,
  )
}

const performed = (outcome: JournalData['step.ended']['outcome'] = 'done'): Spoil =>
  both(
    adding(5000, 'procedure.started', { procedure: 'backup', form: 'corrected' }),
    adding(5010, 'step.started', { procedure: 'backup', title: 'Save a snapshot' }),
    adding(5100, 'step.ended', { procedure: 'backup', title: 'Save a snapshot', outcome: 'done' }),
    adding(6000, 'procedure.started', { procedure: 'replace-node', form: 'corrected' }),
    adding(6010, 'step.started', { procedure: 'replace-node', title: 'Decide it' }),
    adding(6020, 'step.ended', {
      procedure: 'replace-node',
      title: 'Decide it',
      outcome: 'done',
      declaredHumanMs: 60_000,
    }),
    adding(6030, 'step.started', { procedure: 'replace-node', title: 'Join it' }),
    adding(9000, 'step.ended', { procedure: 'replace-node', title: 'Join it', outcome }),
  )

test.each([
  ['machines alone', 4000, undefined, 'met', { lo: 3195, hi: 3200 }],
  ['people added', 70_000, 'added', 'met', { lo: 63_195, hi: 63_200 }],
  ['people added', 63_000, 'added', 'missed', { lo: 63_195, hi: 63_200 }],
  ['a limit within the bracket', 3198, undefined, 'inconclusive', { lo: 3195, hi: 3200 }],
] as const)('with %s and %i ms the repair is judged by its last step', async (...row) => {
  const [, limitMs, people, verdict, measured] = row
  const [found] = (await judged(both(toLastStep(limitMs, people), performed()))).objectives

  expect(found).toMatchObject({ verdict, measured })
  if (verdict !== 'inconclusive') expect(found?.because).toContain('the last of 2 steps ended')
})

test('what was never performed after the fault is not short', async () => {
  const [found] = (await judged(toLastStep(4000))).objectives

  expect(found).toMatchObject({ verdict: 'inconclusive', cause: 'vacuous' })
})

test('a repair whose last step failed has no time', async () => {
  const [found] = (await judged(both(toLastStep(4000), performed('failed')))).objectives

  expect(found).toMatchObject({
    verdict: 'inconclusive',
    because: 'the last step, "Join it", was failed',
  })
})
