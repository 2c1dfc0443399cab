import { describe, expect, test } from 'vitest'
import { kindNamed } from './catalogue.ts'
import { aimed, BadAim, type FaultKind, type FaultPlan, numberGiven, textGiven } from './fault.ts'

const KIND: FaultKind = {
  name: 'latency',
  family: 'network',
  does: 'delays',
  witnessed: 'a dial that takes longer',
  cannotShow: 'loss',
  source: '-',
  final: false,
  targets: ['all', '<link>'],
  parameters: {
    latencyMs: { default: 100, says: 'delay of each chunk' },
    stream: { default: 'downstream', says: 'which way' },
  },
  needs: [],
  plan: async (): Promise<FaultPlan> => ({ target: 'all', touches: [] }),
  inject: async () => ({ issued: 0, proven: 0 }),
  witness: async () => ({ happened: false, seen: 'nothing' }),
  heal: async () => {},
  residue: async () => [],
}

describe('a kind that is aimed', () => {
  test('without a word takes its first target and the defaults', () => {
    const { aim } = aimed(KIND)
    expect(aim).toEqual({ target: 'all', given: { latencyMs: 100, stream: 'downstream' } })
  })

  test('takes numbers as text too, as a command line has them', () => {
    const { aim } = aimed(KIND, 'all', { latencyMs: '250', stream: 'upstream' })
    expect(numberGiven(aim, 'latencyMs')).toBe(250)
    expect(textGiven(aim, 'stream')).toBe('upstream')
  })

  test.each([
    [{ jitter: 3 }, 'latency takes no jitter; its parameters: latencyMs, stream'],
    [{ latencyMs: 'much' }, 'latencyMs of latency is a number, not "much"'],
    [{ latencyMs: -1 }, 'latencyMs of latency is a number, not "-1"'],
  ])('refuses %j', (given, message) => {
    expect(() => aimed(KIND, 'all', given as Record<string, number | string>)).toThrow(
      new BadAim(message),
    )
  })
})

test('a name that is no kind gets the nearest one', () => {
  expect(kindNamed('kill').name).toBe('kill')
  expect(() => kindNamed('kil')).toThrow(
    'there is no fault "kil"; did you mean "kill"? (./drill list faults)',
  )
})
