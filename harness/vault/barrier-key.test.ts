import { describe, expect, test } from 'vitest'
import { replaying } from '../../fixtures/responses/replay.ts'
import { barrierKey, rotateBarrierKey } from './barrier-key.ts'

describe.each(['openbao', 'vault'] as const)('the barrier key of %s', (product) => {
  test('has the next term when it was rotated', async () => {
    const titles = ['barrier key', 'rotate the barrier key', 'barrier key afterwards']
    const client = await replaying(product, 'keys', ...titles)
    const before = await barrierKey(client)
    await rotateBarrierKey(client)
    const after = await barrierKey(client)
    expect([before.term, after.term]).toEqual([1, 2])
    expect(Date.parse(after.installedAt)).toBeGreaterThanOrEqual(Date.parse(before.installedAt))
  })
})
