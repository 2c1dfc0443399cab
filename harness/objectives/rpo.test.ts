import { describe, expect, test } from 'vitest'
import { type MadeRun, madeRun } from './made-record.ts'
import { frozen, judged, lostWrite, reading } from './spoiled.ts'

describe('the read-back of the ledger', () => {
  test.each([
    ['every acknowledged write is there', () => {}, 'met', 'passed'],
    ['an acknowledged write is absent on one node', lostWrite, 'missed', 'failed'],
    [
      'an acknowledged write is deleted',
      reading(30, 'balancer', { state: 'deleted' }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write is not intact',
      reading(30, 'vault-3', { version: 1, intact: false }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write has no version data',
      reading(30, 'vault-3', { state: 'unreadable', why: 'could not find version data' }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write has version 2',
      reading(30, 'vault-3', { version: 2, intact: true }),
      'missed',
      'failed',
    ],
    [
      'a refused write is there',
      reading(60, 'vault-3', { version: 1, intact: true }),
      'missed',
      'failed',
    ],
    [
      'an acknowledged write could not be read on one node',
      reading(30, 'vault-3', { state: 'unreadable', status: 503 }),
      'inconclusive',
      'inconclusive',
    ],
    [
      'the content was never compared',
      reading(30, 'vault-3', { version: 1 }),
      'inconclusive',
      'inconclusive',
    ],
    [
      'one node was not read',
      (run: MadeRun) => {
        run.reads = run.reads.filter(({ data }) => data.node !== 'vault-3')
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'nobody read anything back',
      (run: MadeRun) => {
        run.reads = []
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'a pass did not end',
      (run: MadeRun) => {
        run.reads = run.reads.filter(
          ({ kind, data }) => kind !== 'pass.ended' || data.node !== 'vault-3',
        )
      },
      'inconclusive',
      'inconclusive',
    ],
    [
      'the prober read back itself',
      (run: MadeRun) => {
        for (const line of run.reads)
          if (line.kind === 'pass') line.data = { ...line.data, pid: 4711 }
      },
      'inconclusive',
      'inconclusive',
    ],
  ] as const)('when %s', async (_, spoil, word, verdict) => {
    const found = await judged(spoil)

    expect(found.objectives[1]?.verdict).toBe(word)
    expect(found.verdict).toBe(verdict)
  })

  test('a write without an answer may be there or not', async () => {
    const hung = madeRun({ outages: [{ fromMs: 5805, toMs: 7700, how: 'hung' }] })
    const unknown = hung.writes.flatMap((line) =>
      line.kind === 'answer' && line.data.outcome === 'unknown' ? [line.data.n] : [],
    )
    const found = await judged(
      reading(unknown[0] as number, 'vault-1', { version: 1, intact: true }),
      hung,
    )

    expect(unknown.length).toBeGreaterThan(1)
    expect(found.objectives[1]?.verdict).toBe('met')
    expect(found.writes).toMatchObject({ unknown: unknown.length, recoveredUnknown: 1 })
    expect(found.ghosts).toEqual([])
  })

  test('where standbys forward, a pass over a standby proves nothing', async () => {
    const found = await judged(frozen({ standbyReads: 'forwarded' }))

    expect(found.gates.find(({ id }) => id === 'read-back-complete')).toMatchObject({
      held: false,
      reason: 'vault-1 as leader was not read; vault-2 as leader was not read',
    })
  })

  test('a lost write names its path and its node', async () => {
    expect((await judged(lostWrite)).lost).toEqual([
      { n: 30, path: 'secret/data/rpo/t0/s0/30', nodes: ['vault-2'], state: 'absent' },
    ])
  })
})
