import { describe, expect, test } from 'vitest'
import type { ObjectiveSpec } from '../journal/entry.ts'
import { madeRun } from './made-record.ts'
import { frozen, judged } from './spoiled.ts'

describe('no outage', () => {
  const noOutage: ObjectiveSpec = { kind: 'no-outage', id: 'no-outage', holdDownMs: 4000 }
  const calm = (outages: readonly { fromMs: number; toMs: number }[] = []) =>
    madeRun({ outages, frozen: { objectives: [noOutage], mustObserve: [] } })
  test.each([
    ['without a bad answer is met', calm(), () => {}, 'met', 0],
    ['with an outage is missed', calm([{ fromMs: 5900, toMs: 6150 }]), () => {}, 'missed', 4],
    [
      'with an outage while the fault heals is missed',
      calm([{ fromMs: 11_500, toMs: 11_610 }]),
      () => {},
      'missed',
      2,
    ],
    [
      'before the fault is no matter of it',
      calm([{ fromMs: 5000, toMs: 5060 }]),
      () => {},
      'inconclusive',
      0,
    ],
    [
      'watched too short is undecided',
      calm(),
      frozen({ objectives: [{ ...noOutage, holdDownMs: 9000 }] }),
      'inconclusive',
      0,
    ],
  ] as const)('%s', async (_, made, spoil, word, bad) => {
    const [found] = (await judged(spoil, made)).objectives

    expect(found).toMatchObject({ verdict: word, measured: bad })
  })
})
