import { describe, expect, test } from 'vitest'
import { type MadeRun, madeRun, ns, recordOf } from './made-record.ts'
import { FACTS, isKnownFact } from './sometimes.ts'
import {
  adding,
  answering,
  lostWrite,
  operation,
  rereading,
  type Spoil,
  withoutOps,
} from './spoiled.ts'

const run = madeRun()
const unknown = operation(run, ({ f }, { t }) => f === 'write' && t === 'unknown')
const calm = (): MadeRun => madeRun({ outages: [] })
const busy = (): MadeRun => madeRun({ outages: [], intervalMs: 20 })
const hung = (): MadeRun => madeRun({ outages: [{ fromMs: 5805, toMs: 7700, how: 'hung' }] })
/** Every so many-th answer of the judged lanes between the fault and its healing is late. */
const slowing =
  (each: number, byMs: number): Spoil =>
  (made) => {
    for (const line of made.probes) {
      if (line.kind !== 'sample' || line.data.call < ns(5805) || line.data.call >= ns(11_600))
        continue
      const { lane, slot, ret } = line.data
      if (!/^(write|read)$/.test(lane) || slot % each !== 0) continue
      line.data = { ...line.data, ret: ret + ns(byMs) }
    }
  }
const nobodyRead: Spoil = (made) => {
  made.reads = []
}
const noOps = withoutOps(() => true)
const none: Spoil = () => {}
/** What the body saw of a server's attempt, and the name of the fault of this run. */
const attemptAt =
  (atMs: number, observed: string, name = 'kms-refused'): Spoil =>
  (made) => {
    for (const line of made.journal) {
      if (line.kind.startsWith('fault.')) Object.assign(line.data, { name })
    }
    adding(atMs, 'check', { title: 'it tries', expected: 'x', observed })(made)
  }
const REFUSED = 'error fetching AWS KMS wrapping key information'
/** The operator's snapshot, from one instant to another. */
const snapshot =
  (fromMs: number, toMs: number, outcome: 'acknowledged' | 'refused' = 'acknowledged'): Spoil =>
  (made) => {
    adding(fromMs, 'operation.began', { operation: 1, f: 'snapshot' })(made)
    adding(toMs, 'operation.ended', { operation: 1, outcome })(made)
  }
/** A write that is lost, and the operator's restore. */
const restored =
  (outcome: 'acknowledged' | 'refused', lose: Spoil = lostWrite): Spoil =>
  (made) => {
    adding(8000, 'operation.began', { operation: 1, f: 'restore' })(made)
    adding(9000, 'operation.ended', { operation: 1, outcome })(made)
    lose(made)
  }
/** An operation that was under way at 5,800 ms, when the fault was issued. */
const underWay: Spoil = (made) => {
  for (const line of made.ops) {
    if (line.kind === 'call' && line.data.i === 108) {
      line.data = { ...line.data, call: 5_799_000_000 }
    }
  }
}

describe('the fact', () => {
  test.each([
    ['operation-unknown', 'a change had no answer', madeRun, none, true],
    ['operation-unknown', 'every change had one', calm, none, false],
    ['operation-unknown', 'there was no workload', madeRun, noOps, false],
    ['cas-conflict', 'a condition did not hold', calm, none, true],
    ['cas-conflict', 'there was no workload', calm, noOps, false],
    ['answers-slowed', 'all took longer while it lasted', calm, slowing(1, 250), true],
    ['answers-slowed', 'they took hardly longer', calm, slowing(1, 150), false],
    ['answers-slowed', 'few took longer', calm, slowing(4, 250), false],
    ['writes-in-snapshot', 'it took long', busy, snapshot(500, 11_000), true],
    ['writes-in-snapshot', 'it was quick', busy, snapshot(5000, 5200), false],
    ['writes-in-snapshot', 'it failed', busy, snapshot(500, 11_000, 'refused'), false],
    ['writes-in-snapshot', 'there was none', busy, none, false],
    ['write-lost-by-restore', 'one is not there', busy, restored('acknowledged'), true],
    ['write-lost-by-restore', 'all are there', busy, restored('acknowledged', none), false],
    ['write-lost-by-restore', 'it was refused', busy, restored('refused'), false],
    ['write-lost-by-restore', 'there was none', busy, lostWrite, false],
    ['operations-in-flight', 'the fault cut one off', madeRun, underWay, true],
    ['operations-in-flight', 'the fault fell between two', calm, none, false],
    ['write-unknown-applied', 'one is there', madeRun, none, true],
    [
      'write-unknown-applied',
      'it is not there',
      madeRun,
      rereading(({ op }) => (op === unknown.op ? { op: 'op-1' } : undefined)),
      false,
    ],
    ['write-unknown-applied', 'every write was answered', calm, none, false],
    ['write-unknown-absent', 'a write that hung is not there', hung, none, true],
    ['write-unknown-absent', 'nobody looked', hung, nobodyRead, false],
    ['write-unknown-absent', 'every write was answered', calm, none, false],
    ['read-from-each-node', 'all were', calm, none, true],
    ['read-from-each-node', 'none was', calm, nobodyRead, false],
    ['unseal-attempted-without-kms', 'a server said so', calm, attemptAt(6500, REFUSED), true],
    ['unseal-attempted-without-kms', 'none restarted', calm, attemptAt(6500, 'none'), false],
    ['unseal-attempted-without-kms', 'it came before', calm, attemptAt(5500, REFUSED), false],
    ['unseal-attempted-without-kms', 'all was healed', calm, attemptAt(11_900, REFUSED), false],
    [
      'unseal-attempted-without-kms',
      'the fault was another one',
      calm,
      attemptAt(6500, REFUSED, 'kill'),
      false,
    ],
    [
      'read-from-each-node',
      'only the registers were',
      calm,
      (made) => {
        made.reads = made.reads.filter(({ kind }) => kind.startsWith('register'))
      },
      true,
    ],
  ] as const satisfies readonly (readonly [string, string, () => MadeRun, Spoil, boolean])[])(
    '%s, when %s',
    async (id, _, made, spoil, seen) => {
      const changed = made()
      spoil(changed)

      expect(FACTS[id]?.seen(await recordOf(changed))).toBe(seen)
    },
  )

  test('of an unknown write that a delete may hide is not taken for absent', async () => {
    const made = madeRun({ outages: [{ fromMs: 5805, toMs: 7700 }] })
    const keys = made.ops.flatMap((line) => (line.kind === 'call' ? [line.data] : []))
    for (const { i, f, key } of keys) {
      if (f === 'write' && key.endsWith('deletable-1') && i < 60) {
        answering(i, { t: 'unknown', why: 'no answer within 1000 ms' })(made)
      } else if (f === 'write' && i !== unknown.i) {
        answering(i, { t: 'casfail' })(made)
      }
    }

    expect(FACTS['write-unknown-absent']?.seen(await recordOf(made))).toBe(false)
  })

  test('that nobody knows is none', () => {
    expect(isKnownFact('moon-rose')).toBe(false)
    expect(isKnownFact('toString')).toBe(false)
  })
})
