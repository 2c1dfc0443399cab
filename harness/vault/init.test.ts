import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientOf, replaying, serving } from '../../fixtures/responses/replay.ts'
import { milliseconds } from '../lib/duration.ts'
import { InitOutcomeUnknown, initialize, isInitialized } from './init.ts'

const shares = { recoveryShares: 1, recoveryThreshold: 1 }

describe.each(['openbao', 'vault'] as const)('a node of %s', (product) => {
  test('tells whether it is initialised', async () => {
    const client = await replaying(product, 'init', 'not initialized', 'initialized')
    expect(await isInitialized(client)).toBe(false)
    expect(await isInitialized(client)).toBe(true)
  })

  test('gives root token and recovery keys once, as secrets', async () => {
    const given = await initialize(await replaying(product, 'init', 'first'), shares)
    expect(given.rootToken.reveal()).toBe('recorded-root-token')
    expect(given.recoveryKeys.map((key) => key.reveal())).toEqual(['recorded-recovery-key'])
    expect(JSON.stringify(given)).not.toContain('recorded')
  })

  test('that is initialised already may be so by an earlier attempt of ours', async () => {
    const client = await replaying(product, 'init', 'second')
    await expect(initialize(client, shares)).rejects.toThrow(InitOutcomeUnknown)
  })
})

test('an init without an answer has an unknown outcome', async () => {
  const client = clientOf(await serving(createServer(() => {})))
  const call = initialize(client, { ...shares, within: milliseconds(50) })
  await expect(call).rejects.toThrowErrorMatchingInlineSnapshot(
    `[InitOutcomeUnknown: vault-1 may be initialised with keys that nobody has: PUT /v1/sys/init on vault-1: no answer within 50 ms]`,
  )
  await expect(call).rejects.toThrow(InitOutcomeUnknown)
})

test('an init whose server fails in the middle has an unknown outcome', async () => {
  const server = createServer((_request, response) => response.writeHead(500).end('{"errors":[]}'))
  const client = clientOf(await serving(server))
  await expect(initialize(client, shares)).rejects.toThrow(InitOutcomeUnknown)
})

test('an init that never reached the node may be tried again', async () => {
  const server = createServer()
  const client = clientOf(await serving(server))
  server.close()
  await expect(initialize(client, shares)).rejects.toMatchObject({
    name: 'RequestFailed',
    sent: false,
  })
})

test('an init that is refused for its parameters is not in doubt', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(400).end('{"errors":["invalid recovery configuration"]}')
  })
  const client = clientOf(await serving(server))
  await expect(initialize(client, shares)).rejects.toMatchObject({
    name: 'VaultError',
    status: 400,
  })
})
