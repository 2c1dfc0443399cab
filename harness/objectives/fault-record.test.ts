import { expect, test } from 'vitest'
import { concerns } from './fault-record.ts'

const nodes = ['vault-1', 'vault-2', 'vault-10']

test.each([
  ['vault-1', 'vault-1', true],
  ['vault-1', 'vault-10', false],
  ['vault-1,vault-2', 'vault-2', true],
  ['vault-1,vault-2', 'vault-10', false],
  ['vault-1|vault-2', 'vault-2', true],
  ['vault-1|vault-2', 'vault-10', false],
  ['vault-1->vault-2', 'vault-10', false],
  ['balancer', 'vault-1', true],
  ['vault-1->raft-vault-2', 'vault-10', true],
] as const)('a fault with the target %s may concern %s: %s', (target, node, may) => {
  expect(concerns(target, node, nodes)).toBe(may)
})
