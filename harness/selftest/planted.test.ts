import { describe, expect, test } from 'vitest'
import { DETECTORS } from '../objectives/detections.ts'
import { DEFECTS } from './planted.ts'
import { tamperings } from './tamperings.ts'

/** Which defect is planted at which levels. */
const LEVELS: Readonly<Record<string, string>> = {
  M01: 'L1 L2',
  M02: 'L1 L2',
  M03: 'L0 L1 L2',
  M04: 'L2',
  M05: 'L2',
  M06: 'L2',
  M07: 'L2',
  M08: 'L2',
  M09: 'L0 L2',
  M10: 'L0 L2',
  M11: 'L0 L2',
  M12: 'L0 L1 L2',
  M13: 'L0 L1',
  M14: 'L2',
  M15: 'L2',
  M16: 'L0 L1',
  M17: 'L0',
  M18: 'L0 L1',
  M19: 'L2',
  M20: 'L0 L1',
  M21: 'L0 L1 L2',
  M22: 'L2',
  M23: 'L2',
  M24: 'L2',
  M25: 'L1',
  M26: 'L2',
  M27: 'L0',
}

const plants = DEFECTS.flatMap(({ id, plants: own }) => own.map((plant) => ({ id, plant })))

describe('planted defects', () => {
  test('are those of the document, at its levels', () => {
    const levels = DEFECTS.filter(({ id }) => id.startsWith('M')).map(({ id, plants: own }) => {
      return [id, [...new Set(own.map(({ level }) => level))].sort().join(' ')]
    })
    expect(Object.fromEntries(levels)).toEqual(LEVELS)
  })

  test('have a name of their own', () => {
    const ids = DEFECTS.map(({ id }) => id)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
    expect(ids.filter((id) => !/^[MX]\d\d$/.test(id))).toEqual([])
    const ways = plants.map(({ id, plant }) => `${id} ${plant.level} ${plant.way ?? ''}`)
    expect(ways.filter((way, i) => ways.indexOf(way) !== i)).toEqual([])
  })

  test('name detectors that exist, unless they are pending', () => {
    const named = plants.flatMap(({ id, plant }) =>
      plant.kind === 'pending' || plant.kind === 'truth'
        ? []
        : plant.detectors.map((detector) => ({ id, detector })),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter(({ detector }) => !Object.hasOwn(DETECTORS, detector))).toEqual([])
  })

  test('say why they are pending', () => {
    const reasons = plants.flatMap(({ plant }) => (plant.kind === 'pending' ? [plant.reason] : []))
    expect(reasons.filter((reason) => reason.length < 20)).toEqual([])
  })

  test('use every tampering, and only such', () => {
    const used = plants.flatMap(({ plant }) =>
      plant.kind === 'short-run' ? [plant.tampering] : [],
    )
    expect([...used].sort()).toEqual(Object.keys(tamperings).sort())
  })
})
