import { describe, expect, test } from 'vitest'
import { Seed } from '../lib/seed.ts'
import type { DetectorId } from '../objectives/detections.ts'
import type { Defect, RecordPlant } from './defect.ts'
import { proveDetectors } from './detector-proofs.ts'
import { proveMade } from './made-proofs.ts'
import { isAsNamed } from './outcome.ts'
import { adding, changing, type Spoil, spoiledRun } from './spoiled-run.ts'

const once = { seed: new Seed('proofs'), runs: 2 }
const stopped: Spoil = adding('aborted', { why: 'SIGINT' })
const dirty: Spoil = changing('gate', (gate) => ({ ...gate, held: false }))

function defect(id: string, detector: DetectorId, spoil: Spoil) {
  const plant: RecordPlant & { level: 'L0' } = {
    level: 'L0',
    kind: 'record',
    detectors: [detector],
    plant: spoiledRun(spoil),
  }
  const whole: Defect = { id, title: 'something is wrong', plants: [plant] }
  return proveMade(whole, plant, once)
}

describe('a planted defect', () => {
  test('is caught by the detector that is named', async () => {
    const { outcome } = await defect('M98', 'aborted', stopped)
    expect(outcome).toMatchObject({ outcome: 'caught', rang: ['aborted'], runs: 2, caught: 2 })
    expect(isAsNamed(outcome)).toBe(true)
  })

  test('that another one catches is shown as such', async () => {
    const { outcome } = await defect('M98', 'ghost', stopped)
    expect(outcome).toMatchObject({ outcome: 'caught', rang: [], others: ['aborted'] })
    expect(isAsNamed(outcome)).toBe(false)
  })

  test('that nobody notices is not caught, even if it is noticed sometimes', async () => {
    const { outcome } = await defect('M98', 'ghost', () => {})
    expect(outcome).toMatchObject({ outcome: 'uncaught', caught: 0, rang: [], others: [] })

    let planted = 0
    const half: Spoil = (run, seed) => (planted++ === 0 ? stopped(run, seed) : undefined)
    const sometimes = await defect('M98', 'aborted', half)
    expect(sometimes.outcome).toMatchObject({ outcome: 'uncaught', runs: 2, caught: 1 })
  })
})

describe('a detector', () => {
  test('is needed when a defect comes through without it', async () => {
    const { kept } = await defect('M98', 'aborted', stopped)
    const proofs = proveDetectors(kept)
    const needed = proofs.filter(({ letsThrough }) => letsThrough.length > 0)
    expect(needed).toMatchObject([{ detector: 'aborted', letsThrough: ['M98'] }])
  })

  test('is redundant when another one rings as well', async () => {
    const both: Spoil = (run, seed) => {
      stopped(run, seed)
      dirty(run, seed)
    }
    const { kept } = await defect('M98', 'aborted', both)
    expect(proveDetectors(kept).flatMap(({ letsThrough }) => letsThrough)).toEqual([])
  })
})
