import { expect, test } from 'vitest'
import { turnOf } from './mix.ts'

const turns = (n: number, mix: Parameters<typeof turnOf>[1], tenants: number) =>
  Array.from({ length: n }, (_, i) => turnOf(i, mix, tenants))

test('tenants are served in turn', () => {
  expect(turns(7, { read: 10, write: 1 }, 3).map(({ tenant }) => tenant)).toEqual([
    0, 1, 2, 0, 1, 2, 0,
  ])
})

test.each([
  ['ten reads to one write', { read: 10, write: 1 }, 100],
  ['three operations alike, as many as there are tenants', { read: 1, write: 1, list: 1 }, 3],
  ['two operations, whose length divides that of the tenants', { read: 1, write: 1 }, 100],
  ['one tenant', { read: 2, write: 1 }, 1],
] as const)('%s come in these shares, for each tenant too', (_what, mix, tenants) => {
  const shares = Object.entries(mix)
  const whole = shares.reduce((sum, [, share]) => sum + share, 0)
  const all = turns(whole * tenants, mix, tenants)
  for (const [op, share] of shares) {
    expect(all.filter((turn) => turn.op === op)).toHaveLength(share * tenants)
    for (let tenant = 0; tenant < tenants; tenant++) {
      const own = all.filter((turn) => turn.op === op && turn.tenant === tenant)
      expect(own).toHaveLength(share)
    }
  }
})

test('a mix of nothing is refused', () => {
  expect(() => turnOf(0, {}, 3)).toThrow('the mix has no operation')
})
