import { describe, expect, test } from 'vitest'
import { judgeScenario } from './judge.ts'
import { madeRun, ns, recordOf } from './made-record.ts'
import {
  answering,
  both,
  changing,
  frozen,
  judged,
  objectives,
  operation,
  rereading,
  rtoSpec,
  type Spoil,
  withoutOps,
} from './spoiled.ts'

const run = madeRun()
const acknowledged = operation(run, ({ cas, key }, { t }) => {
  return t === 'ack' && cas === undefined && key.endsWith('t0/warm-1')
})
const staleRead = operation(run, ({ f, call, key }, { t }) => {
  return f === 'read' && t === 'ack' && call > ns(4000) && key.endsWith('t0/warm-1')
})
const deleted = operation(run, ({ f, call }, { t }) => {
  return f === 'delete' && t === 'ack' && call > ns(1000)
})
const refused = operation(run, ({ f, op }, { t }) => {
  return f === 'write' && op !== undefined && t === 'refused'
})

const stale = answering(staleRead.i, { t: 'ack', ver: 1, val: acknowledged.op as string })
const stored = (op: string | undefined) =>
  rereading((data) => (data.op === op ? { state: 'absent' } : undefined))
const lost = stored(acknowledged.op)
const consistency = (found: Awaited<ReturnType<typeof judged>>) =>
  found.objectives.find(({ kind }) => kind === 'consistency')

describe('the registers', () => {
  test('of the good run are consistent, and every kind of fact was seen', async () => {
    const found = await judged()

    expect(consistency(found)).toMatchObject({ verdict: 'met', measured: 0, unit: 'violations' })
    expect(found.consistency).toMatchObject({
      checkers: { versions: 'valid', search: 'valid' },
      agree: true,
      everyNodeAgrees: true,
      gaps: [],
    })
  })

  test.each([
    ['a read goes back to an old version', stale, ['A2', 'B']],
    [
      'a value is not what was written',
      rereading(({ node, op }) =>
        node === 'vault-2' && op === acknowledged.op
          ? { intact: false, why: 'its checksum differs' }
          : undefined,
      ),
      ['corrupt'],
    ],
    [
      'one node has another value',
      rereading(({ node, op }) =>
        node === 'vault-2' && op === acknowledged.op ? { op: 'op-900' } : undefined,
      ),
      ['nodes-differ'],
    ],
    [
      'a refused write is there',
      rereading(({ op }) => (op === acknowledged.op ? { op: refused.op as string } : undefined)),
      ['A5'],
    ],
    [
      'a conditional write was refused although its condition held',
      (made) => {
        for (const line of made.ops) {
          if (line.kind === 'call' && line.data.cas !== undefined && line.data.cas < 900) {
            answering(line.data.i, { t: 'casfail' })(made)
          }
        }
      },
      ['A4'],
    ],
  ] as const satisfies readonly (readonly [string, Spoil, readonly string[]])[])(
    'are not consistent when %s',
    async (_, spoil, detectors) => {
      const found = await judged(spoil)

      expect(consistency(found)).toMatchObject({ verdict: 'missed' })
      expect(found.verdict).toBe('failed')
      expect(found.detected).toEqual(expect.arrayContaining([...detectors]))
    },
  )

  test('that came back after a delete are listed', async () => {
    const key = deleted.key
    const back: Spoil = (made) => {
      for (const line of made.reads) {
        if (line.kind === 'register' && line.data.key === key) {
          const versions = line.data.versions.map(({ version }) => ({ version }))
          line.data = { ...line.data, versions }
        }
        if (line.kind === 'version' && line.data.key === key) {
          const { node, version } = line.data
          line.data = {
            node,
            key,
            version,
            state: 'present',
            op: opOf(made, key, version),
            intact: true,
          }
        }
      }
    }
    const found = await judged(back)

    expect(found.resurrected[0]).toMatchObject({
      path: `secret/data/${key}`,
      nodes: ['vault-1', 'vault-2', 'vault-3'],
      state: 'deleted and back',
    })
    expect(found.detected).toContain('resurrected')
    expect(found.verdict).toBe('failed')
  })

  test('nobody used prove nothing', async () => {
    const found = await judged(withoutOps(() => true))

    expect(consistency(found)).toMatchObject({ verdict: 'inconclusive', cause: 'vacuous' })
    expect(found.consistency).toBeNull()
  })
})

function opOf(made: ReturnType<typeof madeRun>, key: string, version: number): string {
  const op = operation(made, (call, out) => {
    return call.key === key && out.t === 'ack' && call.f === 'write' && out.ver === version
  }).op
  return op as string
}

const callOf = (i: number) => operation(run, (call) => call.i === i)

/** A write and the read that follows it on the same register. */
function neighbours(made: ReturnType<typeof madeRun>) {
  const returned = new Map(
    made.ops.flatMap((line) => (line.kind === 'return' ? [[line.data.i, line.data]] : [])),
  )
  const calls = made.ops.flatMap((line) => (line.kind === 'call' ? [line.data] : []))
  for (const write of calls) {
    const answer = returned.get(write.i)
    if (write.f !== 'write' || answer?.out.t !== 'ack' || (answer.out.ver ?? 0) < 3) continue
    const next = calls.find(({ i, key }) => i > write.i && key === write.key)
    if (next?.f !== 'read') continue
    return [{ ...write, ret: answer.ret, ver: answer.out.ver as number }, next] as const
  }
  throw new Error('the made workload has no read after a write')
}

describe('of the gates of the registers', () => {
  const overtaking: Spoil = (made) => {
    made.ops = made.ops.map((line) =>
      line.kind === 'return' && line.data.i === 9
        ? { ...line, t: line.t + ns(500), data: { ...line.data, ret: line.data.ret + ns(500) } }
        : line,
    )
    made.ops.sort((a, b) => a.t - b.t)
  }
  test.each([
    ['recorder', 'soundness', 'a client did two things at once', overtaking],
    [
      'fresh-reader',
      'soundness',
      'the workload read back itself',
      ((made) => {
        for (const line of made.ops) {
          if (line.kind === 'workload') line.data = { ...line.data, pid: 4790 }
        }
      }) as Spoil,
    ],
    [
      'operations',
      'vacuity',
      'nothing was deleted',
      both(
        withoutOps(({ kind, data }) => {
          return kind !== 'workload' && callOf(data.i).key === deleted.key
        }),
        (made) => {
          made.reads = made.reads.filter(({ data }) => !('key' in data) || data.key !== deleted.key)
        },
      ),
    ],
    [
      'operations',
      'vacuity',
      'the workload was slower than it should be',
      ((made) => {
        for (const line of made.ops) {
          if (line.kind === 'workload') line.data = { ...line.data, operationsPerSecond: 26 }
        }
      }) as Spoil,
    ],
    [
      'read-out-complete',
      'vacuity',
      'one node was not read',
      ((made) => {
        made.reads = made.reads.filter(
          ({ kind, data }) =>
            !['register', 'version', 'registers.ended'].includes(kind) || data.node !== 'vault-3',
        )
      }) as Spoil,
    ],
    [
      'read-out-complete',
      'vacuity',
      'the read-out of one node did not end',
      ((made) => {
        made.reads = made.reads.filter(
          ({ kind, data }) => kind !== 'registers.ended' || data.node !== 'vault-3',
        )
      }) as Spoil,
    ],
  ] as const)('%s (%s) does not hold when %s', async (id, kind, _, spoil) => {
    const found = await judged(spoil)

    expect(found.gates.find((gate) => gate.id === id)).toMatchObject({ held: false, kind })
    expect(consistency(found)).toMatchObject({
      verdict: 'inconclusive',
      cause: kind === 'soundness' ? 'assumption' : 'vacuous',
    })
    expect(found.verdict).toBe('inconclusive')
    expect(found.detected).toContain(id)
  })

  test('checkers-agree does not hold when one of them is wrong', async () => {
    // A read that begins at the instant at which a write ends may miss it, or not.
    const made = madeRun()
    const [write, read] = neighbours(made)
    const { key } = write
    const before = opOf(made, key, write.ver - 1)
    answering(read.i, { t: 'ack', ver: write.ver - 1, val: before })(made)
    for (const line of made.ops) {
      if (line.kind === 'call' && line.data.i === read.i) {
        line.data = { ...line.data, call: write.ret }
      }
    }
    const record = await recordOf(made)
    const found = judgeScenario(record, { planted: { faults: new Set(['open-intervals']) } })

    expect(found.gates.find(({ id }) => id === 'checkers-agree')).toMatchObject({ held: false })
    expect(consistency(found)).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
    // The same record is judged right again.
    expect(judgeScenario(record).verdict).toBe('passed')
  })

  test('none hides a lost acknowledged write', async () => {
    const missing: Spoil = (made) => {
      for (const line of made.reads) {
        if (line.kind !== 'register' || line.data.key !== acknowledged.key) continue
        const versions = line.data.versions.slice(0, -1)
        line.data = { ...line.data, versions, current: versions.length }
      }
      const last = Math.max(
        ...made.reads.flatMap((line) =>
          line.kind === 'version' && line.data.key === acknowledged.key ? [line.data.version] : [],
        ),
      )
      made.reads = made.reads.filter(
        ({ kind, data }) =>
          kind !== 'version' || data.key !== acknowledged.key || data.version !== last,
      )
    }
    const gate = changing('gate', (data) => ({ ...data, held: false }))
    const found = await judged(both(missing, gate))

    expect(found.verdict).toBe('failed')
    expect(found.why).toMatch(/^consistency missed: lost-acknowledged-write/)
    expect(consistency(await judged(both(lost, gate)))?.verdict).toBe('inconclusive')
  })
})

describe('the contract', () => {
  test('of a lease allows a stale read, and says so', async () => {
    const lease = objectives(rtoSpec, {
      kind: 'consistency',
      id: 'consistency',
      contract: 'vault-lease',
    })
    const found = await judged(both(lease, stale, frozen({ mustObserve: [] })))

    expect(consistency(found)).toMatchObject({ verdict: 'met' })
    expect(consistency(found)?.because).toContain('1 stale reads that the contract allows')
    expect(found.consistency?.classified).toHaveLength(1)
  })
})
