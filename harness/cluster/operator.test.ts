import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import type { Node } from './node.ts'
import { Operator, type OperatorPlace } from './operator.ts'
import { Refusal } from './refusal.ts'

const SILENT = { host: '127.0.0.1', port: 1 }

/** With what the KMS says of the key; `undefined` where it says nothing. */
const operatorWith = (state: string | undefined) =>
  new Operator({
    describeKey: async () => {
      if (state === undefined) throw new Error('kms:DescribeKey failed: ECONNREFUSED')
      return { arn: 'an-arn', state }
    },
  } as unknown as OperatorPlace)

test('a key that is enabled is what a server needs to unseal', async () => {
  await operatorWith('Enabled').seesSealKeyEnabled()
})

test.each([
  ['Disabled', /wanted: the KMS key of the seal Enabled; seen: Disabled; nothing was changed/],
  ['PendingDeletion', /seen: PendingDeletion;/],
  [undefined, /seen: kms:DescribeKey failed/],
])('a key that is %s is a reason to stop', async (state, says) => {
  const seen = operatorWith(state).seesSealKeyEnabled()
  await expect(seen).rejects.toThrow(Refusal)
  await expect(seen).rejects.toThrow(says)
})

test.each([
  [200, true],
  [429, true],
  [503, false],
  [501, false],
  [undefined, false],
])('a node whose health is %s serves: %s', async (status, serves) => {
  const address =
    status === undefined
      ? SILENT
      : await serving(createServer((_request, response) => response.writeHead(status).end('{}')))
  const operator = new Operator({ anonymous: () => clientOf(address) } as unknown as OperatorPlace)
  expect(await operator.isUnsealed({ name: 'vault-1' } as Node)).toBe(serves)
})
