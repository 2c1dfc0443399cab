import { expect, test } from 'vitest'
import { madeRun, ns, recordOf } from './made-record.ts'
import { adding, both, type Spoil } from './spoiled.ts'
import { steadyState } from './steady.ts'

const noFault: Spoil = (made) => {
  made.journal = made.journal.filter(({ kind }) => !kind.startsWith('fault.'))
}
const procedure = adding(6000, 'procedure.started', { procedure: 'made', form: 'corrected' })

// The lanes are bad from 5,805 to 7,700 ms, and the scenario's body begins at 5,600 ms.
test.each([
  ['the fault', both(procedure), 5800],
  ['the first procedure where there is no fault', both(noFault, procedure), 6000],
  ['the healing where there is neither', noFault, 11_000],
] as const)('the steady state lasts to %s', async (_, spoil, toMs) => {
  const made = madeRun()
  spoil(made)

  expect(steadyState(await recordOf(made))?.to).toBe(ns(toMs))
})
