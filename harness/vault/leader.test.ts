import { describe, expect, test } from 'vitest'
import { replaying } from '../../fixtures/responses/replay.ts'
import { leaderView, stepDown } from './leader.ts'

describe.each(['openbao', 'vault'] as const)('a node of %s', (product) => {
  test('that leads says so and how far its log is', async () => {
    const view = await leaderView(await replaying(product, 'leader', 'on the leader'))
    expect(view).toMatchObject({ isSelf: true, leaderAddress: 'http://127.0.0.1:18200' })
    expect(view.committedIndex).toBeGreaterThan(0)
    expect(view.appliedIndex).toBeGreaterThan(0)
  })

  test('that stands by names the leader', async () => {
    const view = await leaderView(await replaying(product, 'leader', 'on a standby'))
    expect(view).toMatchObject({ isSelf: false, leaderAddress: 'http://127.0.0.1:18200' })
  })

  test('that is not initialised knows no leader', async () => {
    const client = await replaying(product, 'leader', 'uninitialized')
    await expect(leaderView(client)).rejects.toMatchObject({ status: 503 })
  })

  test('steps down without an answer', async () => {
    const client = await replaying(product, 'leader', 'step down')
    await expect(stepDown(client)).resolves.toBeUndefined()
  })
})
