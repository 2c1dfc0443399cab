import { describe, expect, test } from 'vitest'
import { NS_PER_MS } from '../lib/clock.ts'
import { loadOf, MADE_WALL_MS, type MadeRequest, madeLoad, point } from '../objectives/made-load.ts'
import type { Entry } from './entry.ts'
import { LoadClock } from './load-clock.ts'
import type { LoadSpan } from './load-phases.ts'
import { LoadBuilder } from './load-samples.ts'

const SPANS: readonly LoadSpan[] = [
  { phase: 'baseline', from: -Infinity, to: 2000 * NS_PER_MS },
  { phase: 'fault', from: 2000 * NS_PER_MS, to: 3000 * NS_PER_MS },
  { phase: 'after', from: 3000 * NS_PER_MS, to: Infinity },
]
const clocks = (...pairs: readonly (readonly [wallMs: number, ms: number])[]) =>
  pairs.map(
    ([wallMs, ms]) =>
      ({ kind: 'clock', data: { wallMs: MADE_WALL_MS + wallMs, t: ms * NS_PER_MS } }) as Entry,
  )

function read(lines: readonly string[], entries = clocks([0, 0], [20_000, 20_000])) {
  const { started } = madeLoad({ toMs: 600 })
  const load = new LoadBuilder({ started, startedAt: 0, spans: SPANS }, new LoadClock(entries))
  for (const line of lines) load.take(Buffer.from(line))
  return load.finish(undefined, undefined)
}

const told = (lines: readonly string[], entries?: readonly Entry[]) =>
  read(lines, entries as Entry[]).groups.map(({ phase, op, count, failed }) => ({
    phase,
    op,
    count,
    failed,
  }))

const request = (sentMs: number, more: Partial<MadeRequest> = {}): MadeRequest => ({
  sentMs,
  ms: 5,
  op: 'read',
  tenant: 't1',
  ...more,
})

describe('a request', () => {
  test('belongs to the phase in which it was sent, not answered', () => {
    const { lines } = loadOf([request(1990, { ms: 400 }), request(2990, { ms: 20, connectMs: 30 })])

    expect(told(lines)).toEqual([
      { phase: 'baseline', op: 'read', count: 1, failed: {} },
      { phase: 'fault', op: 'read', count: 1, failed: {} },
    ])
  })

  test('that failed before it was connected was sent when the script called', () => {
    const failed = { code: '1050', status: 0 }
    const { lines } = loadOf([request(2950, { ms: 900, failed })])

    expect(told(lines)).toEqual([{ phase: 'fault', op: 'read', count: 1, failed: { timeout: 1 } }])
    const [group] = read(lines).groups
    expect(group?.latency.quantile(1)).toBeCloseTo(1000, 0) // the time at which it is given up
  })

  test('that was given up was sent that long before, where the script does not say', () => {
    const failed = { code: '1050', status: 0 }
    const { lines } = loadOf([request(2050, { ms: 1000, failed })])
    const silent = lines.filter((line) => !line.includes('call_duration'))

    expect(told(silent)[0]?.phase).toBe('fault')
  })

  test.each([
    [{ code: '1212', status: 0 }, 'refused'],
    [{ code: '1220', status: 0 }, 'reset'],
    [{ code: '1211', status: 0 }, 'timeout'],
    [{ code: '1310', status: 0 }, 'tls'],
    [{ code: '1000', status: 0 }, 'network'],
    [{ code: '1503', status: 503 }, '503'],
    [{ code: '1500', status: 500 }, '5xx'],
    [{ code: '1429', status: 429 }, '429'],
    [{ code: '1403', status: 403 }, '403'],
    [{ code: '1404', status: 404 }, '4xx'],
  ])('that failed with %o is counted as %s', (failed, kind) => {
    expect(told(loadOf([request(2100, { failed })]).lines)[0]?.failed).toEqual({ [kind]: 1 })
  })

  test.each([
    [{ code: '1503', status: 503, why: 'sealed' }, 'sealed'],
    [{ code: '1500', status: 500, why: 'no-leader' }, 'no-leader'],
    [{ code: '1502', status: 502, why: 'not-vault' }, 'not-vault'],
    [{ code: '1503', status: 503, why: 'whatever' }, '503'],
    [{ code: '1403', status: 403, why: 'sealed' }, '403'],
  ])('that failed with %o is counted as the script tells it: %s', (failed, kind) => {
    expect(told(loadOf([request(2100, { failed })]).lines)[0]?.failed).toEqual({ [kind]: 1 })
  })

  test('that was answered with what nobody asked for has failed, and is counted once', () => {
    const { lines } = loadOf([request(1990, { ms: 20, isWrong: true }), request(2100)])

    expect(told(lines)).toEqual([
      { phase: 'baseline', op: 'read', count: 1, failed: { wrong: 1 } },
      { phase: 'fault', op: 'read', count: 1, failed: {} },
    ])
  })

  test('of the preparation, without an operation, is counted and in no phase', () => {
    const line = point('http_req_duration', 100, 3, { expected_response: 'true', status: '200' })
    const { groups, counted } = read([line])

    expect(groups).toEqual([])
    expect(counted.get('all')?.count).toBe(1)
  })

  test('is told apart by the time it took to connect', () => {
    const [group] = read(loadOf([request(10), request(20, { connectMs: 30 })]).lines).groups

    expect(group).toMatchObject({ count: 2, connected: 1, slowestConnectMs: 30 })
    expect(group?.latency.quantile(1)).toBeCloseTo(5, 1)
  })
})

describe('samples', () => {
  test('may come in any order', () => {
    const { lines } = madeLoad({
      toMs: 4000,
      outages: [{ fromMs: 2000, toMs: 2500, how: 'refused' }],
    })
    const shuffled = Array.from({ length: lines.length / 6 }, (_, i) =>
      lines.slice(6 * i, 6 * i + 6),
    )
      .reverse()
      .flat()
    const [ordered, disordered] = [read(lines), read(shuffled)]
    const longest = (load: typeof ordered) =>
      Math.max(...load.gaps.map(({ from, to }) => (to - from) / NS_PER_MS))

    expect(disordered.requests).toBe(ordered.requests)
    expect(longest(disordered)).toBeCloseTo(longest(ordered), -1)
    expect(longest(ordered)).toBeGreaterThan(500)
    expect(longest(ordered)).toBeLessThan(750)
  })

  test('that k6 does not write are counted', () => {
    const cut = point('http_req_duration', 100, 3, { op: 'read' }).slice(0, -9)
    const timeless = '{"metric":"http_req_duration","type":"Point","data":{"value":1,"tags":{}}}'
    const { strange, requests } = read(['', 'garbage', '{"metric":"x"', cut, timeless, '[]', '{}'])

    expect({ strange, requests }).toEqual({ strange: 7, requests: 0 })
  })

  test('of other metrics are passed over', () => {
    const lines = [
      point('data_sent', 1, 1, {}),
      point('vus', 1, 5, {}),
      '{"type":"Metric","data":{}}',
    ]

    expect(read(lines)).toMatchObject({ strange: 0, requests: 0, groups: [] })
  })

  test('are placed by both clocks, where they moved apart', () => {
    const line = loadOf([request(10_000, { ms: 0 })]).lines
    const { life } = read(line, clocks([0, 0], [20_000, 20_020]))

    expect((life?.from ?? 0) / NS_PER_MS).toBeCloseTo(10_010, 1)
  })

  test('without a pair of clocks have no place', () => {
    expect(read(loadOf([request(10)]).lines, []).strange).toBeGreaterThan(0)
  })

  test('never sent are counted where they should have been', () => {
    const { dropped } = read([
      point('dropped_iterations', 2500, 3, {}),
      point('dropped_iterations', 3500, 4, {}),
    ])

    expect([...dropped]).toEqual([
      ['fault', 3],
      ['after', 4],
    ])
  })

  test('are a curve of a few hundred points at most', () => {
    const { curve } = read(madeLoad({ toMs: 30_000, ratePerS: 60 }).lines)

    expect(curve.points.length).toBeLessThanOrEqual(600)
    expect(curve.points[3]).toMatchObject({ count: 30, failed: 0 })
    expect(curve.points[3]?.p99).toBeGreaterThan(curve.points[3]?.p50 ?? 0)
  })
})
