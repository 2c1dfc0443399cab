import { describe, expect, test } from 'vitest'
import { type MadeRun, madeRun, ns, recordOf } from './made-record.ts'
import { stampOutOfTime } from './stamps.ts'

const settled = (run: MadeRun): MadeRun => {
  run.journal.push({ t: ns(440), kind: 'phase', data: { name: 'settle' } })
  run.journal.sort((a, b) => a.t - b.t)
  return run
}

/** All that the probe stamped, by so much later. */
function probeLater(ms: number): MadeRun {
  const run = settled(madeRun())
  run.probes = run.probes.map((line) =>
    line.kind === 'sample'
      ? {
          ...line,
          data: {
            ...line.data,
            intended: line.data.intended + ns(ms),
            call: line.data.call + ns(ms),
            ret: line.data.ret + ns(ms),
          },
        }
      : line,
  )
  return run
}

describe('the stamps of probe and workload', () => {
  test('lie between what the journal says of their begin and their end', async () => {
    expect(stampOutOfTime(await recordOf(probeLater(0)))).toBeUndefined()
  })

  test.each([
    [-500, 'lane write began 490 ms before the journal let it'],
    [900, 'lane write was answered 253 ms after probes.jsonl was closed'],
  ])('are out of time when their process is %i ms off', async (ms, why) => {
    expect(stampOutOfTime(await recordOf(probeLater(ms)))).toBe(why)
  })

  test('of the workload, too', async () => {
    const run = settled(madeRun())
    run.ops = run.ops.map((line) =>
      line.kind === 'call'
        ? { ...line, data: { ...line.data, call: line.data.call - ns(300) } }
        : line,
    )
    expect(stampOutOfTime(await recordOf(run))).toMatch('the workload began 280 ms before')
  })
})
