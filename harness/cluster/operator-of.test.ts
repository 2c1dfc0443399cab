import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serving } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import { Clients } from './clients.ts'
import type { ClusterParts } from './cluster.ts'
import { NO_LOG, OperatorNotes } from './operator-notes.ts'
import { operatorOf } from './operator-of.ts'

/** Every token that a leader was shown while the operator asked it who its peers are. */
async function shown(token?: Secret): Promise<readonly unknown[]> {
  const tokens: unknown[] = []
  const server = createServer((request, response) => {
    tokens.push(request.headers['x-vault-token'])
    const health = { initialized: true, sealed: false, standby: false }
    const configuration = { data: { config: { servers: [] } } }
    const isHealth = request.url?.includes('sys/health') === true
    response.writeHead(200).end(JSON.stringify(isHealth ? health : configuration))
  })
  const address = await serving(server)
  const notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-operator-')))
  onTestFinished(() => rmSync(notes.folder, { recursive: true }))
  const clients = new Clients(undefined)
  onTestFinished(() => clients.close())
  const parts = {
    nodes: [{ name: 'vault-1' }],
    surroundings: { balancer: {}, operator: { addressOf: () => address } },
    aws: { address, key: { alias: 'alias/made' } },
    rootToken: new Secret('the-token-of-the-harness'),
    recoveryKeys: [new Secret('a-share-of-the-harness')],
    multiplier: 1,
    product: 'openbao',
  } as unknown as ClusterParts
  const { signal } = new AbortController()
  await operatorOf(parts, clients, { notes, log: NO_LOG, signal, token }).raft.peers()
  return tokens
}

test('an operator who was given no token shows none, whatever the harness has', async () => {
  expect(await shown()).toEqual([undefined, undefined])
})

test('an operator signs in with the token that was given, and with no other', async () => {
  expect(await shown(new Secret('given'))).toEqual(['given', 'given'])
})
