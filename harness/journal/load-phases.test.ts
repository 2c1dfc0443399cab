import { describe, expect, test } from 'vitest'
import type { Entry } from './entry.ts'
import { loadSpans, phaseOf } from './load-phases.ts'

const entry = (t: number, kind: string, data: object): Entry =>
  ({ seq: t, t, kind, data, prev: '' }) as unknown as Entry
const injected = (fault: string, issued: number) =>
  entry(issued + 1, 'fault.injected', { fault, name: 'x', target: 'y', issued, proven: issued + 1 })
const healed = (fault: string, t: number, began?: number) =>
  entry(t, 'fault.healed', { fault, name: 'x', target: 'y', residue: [], began })
const phase = (t: number, name: string) => entry(t, 'phase', { name })
const witnessed = (fault: string, t: number) => entry(t, 'fault.witnessed', { fault })
const stable = (t: number, since: number) => entry(t, 'stable', { since })

const told = (entries: readonly Entry[]) =>
  loadSpans(entries).map(({ phase, from, to }) => `${phase} ${from}…${to}`)

describe('the phases of a load', () => {
  test.each([
    ['nothing is broken', [stable(50, 10)], ['steady -Infinity…Infinity']],
    [
      'a fault is healed and the service becomes stable',
      [injected('f1', 100), healed('f1', 220, 200), stable(300, 240)],
      ['baseline -Infinity…100', 'fault 100…200', 'recovery 200…240', 'after 240…Infinity'],
    ],
    [
      'a killed node stays dead until all is over',
      [injected('f1', 100), stable(300, 130), healed('f1', 400, 390)],
      ['baseline -Infinity…100', 'fault 100…130', 'after 130…Infinity'],
    ],
    [
      'the service was never stable again',
      [injected('f1', 100), healed('f1', 200)],
      ['baseline -Infinity…100', 'fault 100…200', 'recovery 200…Infinity'],
    ],
    [
      'faults overlap and follow one another',
      [
        injected('f1', 100),
        injected('f2', 150),
        healed('f1', 200, 190),
        healed('f2', 260, 250),
        injected('f3', 300),
        healed('f3', 350, 340),
        stable(500, 400),
      ],
      [
        'baseline -Infinity…100',
        'fault 100…250',
        'recovery 250…300',
        'fault 300…340',
        'recovery 340…400',
        'after 400…Infinity',
      ],
    ],
    [
      'the lanes were undisturbed twice before the fault',
      [phase(20, 'settle'), phase(40, 'steady'), phase(60, 'body'), phase(70, 'steady')],
      ['steady -Infinity…Infinity'],
    ],
    [
      'they were, and then there was one',
      [
        ...[phase(20, 'settle'), phase(40, 'steady'), phase(60, 'body'), phase(70, 'steady')],
        ...[phase(90, 'body'), injected('f1', 100), stable(300, 130), phase(400, 'steady')],
      ],
      [
        'preparation -Infinity…70',
        'baseline 70…90',
        'preparation 90…100',
        'fault 100…130',
        'after 130…Infinity',
      ],
    ],
    [
      'the harness looks at the fault for a while',
      [
        ...[injected('f1', 100), witnessed('f1', 120), injected('f2', 150), witnessed('f2', 160)],
        ...[healed('f1', 200, 190), healed('f2', 210, 200), stable(300, 240)],
      ],
      [
        ...['baseline -Infinity…100', 'onset 100…120', 'fault 120…150', 'onset 150…160'],
        ...['fault 160…200', 'recovery 200…240', 'after 240…Infinity'],
      ],
    ],
    [
      'another leads, and the service is stable, before it was seen',
      [injected('f1', 100), stable(300, 130), witnessed('f1', 150), healed('f1', 400)],
      ['baseline -Infinity…100', 'onset 100…130', 'after 130…Infinity'],
    ],
    [
      'clients noticed nothing',
      [injected('f1', 100), stable(300, 100), healed('f1', 400)],
      ['baseline -Infinity…100', 'after 100…Infinity'],
    ],
  ])('when %s', (_what, entries, spans) => {
    expect(told(entries)).toEqual(spans)
  })

  test('a request belongs to the one in which it was sent', () => {
    const spans = loadSpans([injected('f1', 100), healed('f1', 220, 200), stable(300, 240)])

    expect([99, 100, 199, 200, 240, 9999].map((t) => phaseOf(spans, t))).toEqual([
      'baseline',
      'fault',
      'fault',
      'recovery',
      'after',
      'after',
    ])
  })
})
