import { expect, test } from 'vitest'
import { milliseconds, seconds } from './lib/duration.ts'
import { enoughOf } from './loading.ts'
import { rpo } from './objectives/rpo.ts'
import { slo } from './objectives/slo.ts'
import { arrival, closed, steady } from './probes/traffic.ts'

const p99 = slo({ op: 'all', p99: milliseconds(50), phases: ['baseline', 'after'] })
const ofWrites = slo({ op: 'write', p99: milliseconds(50), phases: ['after'] })

test.each([
  ['a thousand requests of all', [p99], [steady()], 6.1],
  [
    'the same at half of the rate, whatever a closed load adds',
    [p99],
    [steady({ ratePerS: 90 }), closed()],
    12.2,
  ],
  ['a thousand writes of eleven requests', [p99, ofWrites], [steady()], 67.2],
  [
    'what is rarer than a p99',
    [slo({ op: 'all', errors: 0.0005, phases: ['after'] })],
    [steady()],
    12.2,
  ],
  [
    'the load that is meant',
    [slo({ op: 'all', p50: milliseconds(9), phases: ['after'], load: 'open' })],
    [steady({ ratePerS: 2 }), { ...steady(), load: 'other' }],
    11,
  ],
  [
    'nothing where nothing is judged around a fault',
    [rpo({ lostWrites: 0 }), slo({ op: 'all', p99: milliseconds(50), phases: ['steady'] })],
    [steady()],
    0,
  ],
  [
    'nothing where it is never sent',
    [slo({ op: 'list', p50: milliseconds(9), phases: ['after'] })],
    [arrival({ ratePerS: 9, mix: { read: 1 }, lasts: seconds(9) })],
    0,
  ],
] as const)('a phase lasts as long as it takes to send %s', (_what, objectives, traffic, s) => {
  expect(enoughOf(objectives, traffic).ms / 1000).toBeCloseTo(s, 1)
})
