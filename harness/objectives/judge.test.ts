import { describe, expect, test } from 'vitest'
import type { RunRecord } from '../journal/read.ts'
import { DETECTORS, detections } from './detections.ts'
import { judgeScenario } from './judge.ts'
import { madeRun, recordOf } from './made-record.ts'
import {
  both,
  changing,
  judged,
  lostWrite,
  objectives,
  rpoSpec,
  rtoWithin,
  without,
} from './spoiled.ts'

test('the good run passes', async () => {
  const verdict = await judged()

  expect(verdict).toMatchObject({ verdict: 'passed', lost: [], ghosts: [], detected: [] })
  expect(verdict.objectives.map(({ id, verdict: word }) => [id, word])).toEqual([
    ['rto', 'met'],
    ['rpo', 'met'],
    ['consistency', 'met'],
  ])
  expect(verdict.gates.filter(({ held }) => !held)).toEqual([])
})

test('the same record gives the same verdict', async () => {
  const record = await recordOf(madeRun())

  expect(judgeScenario(record)).toEqual(judgeScenario(record))
})

test('a record of before there was a history keeps the gates it had', async () => {
  const old = await judged(
    both(objectives(rtoWithin(5000), rpoSpec), (run) => {
      run.ops = []
      run.reads = run.reads.filter(({ kind }) => ['pass', 'read', 'pass.ended'].includes(kind))
    }),
  )

  expect(old.verdict).toBe('passed')
  expect(old.consistency).toBeNull()
  expect(old.gates.map(({ id }) => id)).toEqual([
    'clean-start',
    'chains',
    'recorder',
    'clocks',
    'probe-coverage',
    'calibration',
    'probe-process',
    'fresh-lane',
    'fresh-reader',
    'fault-witnessed',
    'residue',
    'enough-samples',
    'read-back-complete',
    'must-observe',
  ])
})

test('rows of an audit of key custody are told as they were found', async () => {
  const made = madeRun()
  const data = {
    audit: 1,
    snapshot: 'vault-snapshot-20261130-020000.snap',
    takenAt: '2026-11-30T02:00:00.000Z',
    kmsKeys: [{ id: '7f3a', state: 'Enabled' }],
    opens: true,
    why: 'it was restored, and serves',
    shares: [{ generation: 1, taken: true }],
  }
  const last = made.journal.pop() as (typeof made.journal)[0]
  made.journal.push({ t: last.t, kind: 'custody', data }, last)

  expect(judgeScenario(await recordOf(made)).custody).toEqual([data])
  expect(judgeScenario(await recordOf(madeRun()))).not.toHaveProperty('custody')
})

describe('the judge never passes what it cannot derive:', () => {
  const throwing = (record: RunRecord, field: keyof RunRecord): RunRecord =>
    Object.defineProperty({ ...record }, field, {
      get() {
        throw new Error(`the ${field} fell over`)
      },
    })
  const FIELDS = ['lanes', 'ledger', 'usage', 'passes', 'history', 'readOuts', 'seals', 'damage']
  test.each(FIELDS as (keyof RunRecord)[])('%s', async (field) => {
    const found = judgeScenario(throwing(await recordOf(madeRun()), field))

    expect(found).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
    expect(found.gates.find(({ id }) => id === 'judge')?.reason).toContain(`the ${field} fell over`)
    expect(found.detected).toContain('judge')
  })

  test('the entries', async () => {
    const found = judgeScenario(throwing(await recordOf(madeRun()), 'entries'))

    expect(found.verdict).toBe('inconclusive')
  })

  test.each([
    ['an objective that is none', { objectives: [null] }],
    ['objectives that are no list', { objectives: 7 }],
    ['claims that are no list', { claims: undefined }],
    ['expectations that are no list', { expects: undefined }],
    ['facts that are no list', { mustObserve: undefined }],
    ['nodes that are no list', { nodes: undefined }],
  ])('%s', async (_, change) => {
    const record = await recordOf(madeRun())
    const frozen = { ...record.frozen, ...(change as object) }
    const found = judgeScenario({ ...record, frozen })

    expect(found).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
  })

  test('entries without what their kind promises', async () => {
    const record = await recordOf(madeRun())
    const entries = record.entries.map((entry) => ({ ...entry, data: {} }) as typeof entry)

    expect(judgeScenario({ ...record, entries }).verdict).not.toBe('passed')
  })

  test('a lost write is told all the same', async () => {
    const made = madeRun()
    lostWrite(made)

    expect(judgeScenario(throwing(await recordOf(made), 'usage')).verdict).toBe('failed')
  })
})

describe('a detector', () => {
  const spoils = [
    ['lost-write', lostWrite],
    ['rto', objectives(rtoWithin(200), rpoSpec)],
    ['clocks', without('clock')],
    ['fault-witnessed', without('fault.witnessed')],
    ['ended', without('ended')],
    ['clean-start', changing('gate', (gate) => ({ ...gate, held: false }))],
  ] as const
  test.each(spoils)('%s is named when it rings', async (id, spoil) => {
    expect(detections(await judged(spoil))).toContain(id)
  })

  test.each(spoils)('%s lets its defect through when it is off', async (id, spoil) => {
    const made = madeRun()
    spoil(made)
    const record = await recordOf(made)
    // A lost write in the middle is a hole, too; a journal without an end has unsealed files.
    const also = { 'lost-write': ['inconsistent-cut'], ended: ['recorder'] }[id as string] ?? []

    expect(judgeScenario(record).verdict).not.toBe('passed')
    expect(judgeScenario(record, { without: new Set([id, ...also]) }).verdict).toBe('passed')
    const others = new Set(Object.keys(DETECTORS).filter((other) => other !== id))
    expect(judgeScenario(record, { without: others }).verdict).not.toBe('passed')
  })

  test('rings also where a gate keeps its objective from being missed', async () => {
    const found = await judged(both(objectives(rtoWithin(200), rpoSpec), without('clock')))

    expect(found.verdict).toBe('inconclusive')
    expect(detections(found)).toEqual(['clocks', 'rto'])
  })

  test('that is unknown to an old verdict rang nowhere', () => {
    expect(detections({})).toEqual([])
  })
})
