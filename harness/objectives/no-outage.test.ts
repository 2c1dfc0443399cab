import { describe, expect, test } from 'vitest'
import type { ObjectiveSpec } from '../journal/entry.ts'
import { type MadeOutage, madeRun } from './made-record.ts'
import { frozen, judged } from './spoiled.ts'

describe('no outage', () => {
  const noOutage: ObjectiveSpec = { kind: 'no-outage', id: 'no-outage', holdDownMs: 4000 }
  const calm = (outages: readonly MadeOutage[] = []) =>
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
      'of requests that were late before the fault is not its own',
      calm([{ fromMs: 5200, toMs: 6900, how: 'hung' }]),
      () => {},
      'inconclusive',
      14,
    ],
    [
      'of requests that were under way is missed',
      calm([{ fromMs: 5700, toMs: 6900, how: 'hung' }]),
      () => {},
      'missed',
      4,
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

describe('an outage of a certain length', () => {
  const within = (longestMs: number): ObjectiveSpec => ({
    kind: 'no-outage',
    id: 'hand-over',
    holdDownMs: 2000,
    longestMs,
  })
  const made = (longestMs: number, outages = [{ fromMs: 6500, toMs: 7300 }]) =>
    madeRun({ outages, frozen: { objectives: [within(longestMs)], mustObserve: [] } })
  const endless = [{ fromMs: 6500, toMs: 60_000 }]
  test.each([
    ['that is allowed is met', made(5000), 'met', /^2 outages, the longest /],
    ['that is too long is missed', made(300), 'missed', /^an outage lasted .*, limit 300 ms$/],
    ['around the limit is undecided', made(800), 'inconclusive', /the limit lies inside/],
    ['that did not happen is met', made(300, []), 'met', /^0 outages/],
    ['that lasts is missed', made(300, endless), 'missed', /^an outage lasted/],
    [
      'that lasts, so far less than allowed, is undecided',
      made(60_000, endless),
      'inconclusive',
      /still bad when the record ended$/,
    ],
  ] as const)('%s', async (_, run, word, because) => {
    const [found] = (await judged(() => {}, run)).objectives

    expect(found?.verdict).toBe(word)
    expect(found?.because).toMatch(because)
  })
})
