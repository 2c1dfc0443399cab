import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientOf, recorded, replaying, serving } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { LeftInClear, NotRotated, OperatorKeys } from './operator-keys.ts'
import { OperatorNotes } from './operator-notes.ts'
import { Refusal } from './refusal.ts'
import { ShareHolders } from './share-holders.ts'

let notes: OperatorNotes
beforeEach(() => {
  notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-keys-')))
})
afterEach(() => rmSync(notes.folder, { recursive: true }))

const keysAt = (client: VaultClient) =>
  new OperatorKeys({
    notes,
    product: 'openbao',
    signal: new AbortController().signal,
    view: { leader: async () => 'vault-1', client: () => client },
    anonymous: () => client,
  } as unknown as OperatorPlace)

describe('a rotation of the recovery keys', () => {
  test('is refused while somebody else rotates, and theirs goes on', async () => {
    const client = await replaying('openbao', 'keys', 'a rotation is under way')
    const held = keysAt(client).held('a-secret')
    await expect(held).rejects.toThrow(Refusal)
    await expect(held).rejects.toThrow('which was not begun from here')
  })

  test('that was begun from here is ended before another one begins', async () => {
    const asked: string[] = []
    const { response } = recorded('openbao', 'keys', 'a rotation is under way')
    const { nonce } = (response.body as { data: { nonce: string } }).data
    const server = createServer((request, answer) => {
      asked.push(request.method ?? '')
      const isStatus = request.method === 'GET'
      answer.writeHead(isStatus ? 200 : 418).end(JSON.stringify(isStatus ? response.body : {}))
    })
    notes.write('key-rotation', nonce)
    // The emulator is not there, so it ends where it would read the shares.
    await expect(keysAt(clientOf(await serving(server))).held('a-secret')).rejects.toThrow('418')
    expect(asked).toEqual(['GET', 'DELETE'])
  })
})

test('under a KMS seal nobody is told to give shares', async () => {
  const client = await replaying('openbao', 'seal', 'sealed')
  const node = { name: 'vault-1' } as Node
  const seen = keysAt(client).seesUnsealedByShares([node])
  await expect(seen).rejects.toThrow(Refusal)
  await expect(seen).rejects.toThrow('whose recovery keys the KMS must decrypt')
})

test('a barrier key of the same term was not rotated', async () => {
  const client = await replaying('openbao', 'keys', 'barrier key', 'barrier key afterwards')
  const before = { term: 1, installedAt: '2026-11-30T00:00:00Z' }
  await expect(keysAt(client).seesTermAfter(before)).rejects.toThrow(NotRotated)
  await expect(keysAt(client).seesTermAfter(before)).resolves.toBeUndefined()
})

test('a share that lies in a file of the operator is found', async () => {
  const keys = keysAt(await replaying('openbao', 'keys', 'barrier key'))
  const share = new Secret('a-share-in-clear')
  notes.write('harmless', 'nothing of it')
  await expect(keys.seesNoneLeft(share)).resolves.toBeUndefined()
  notes.write('unseal-keys.txt', `1\n${share.reveal()}\n`)
  await expect(keys.seesNoneLeft(share)).rejects.toThrow(LeftInClear)
})

test('people are declared with more time when holders have to come', async () => {
  const keys = keysAt(await replaying('openbao', 'keys', 'barrier key'))
  const holders = await ShareHolders.of([1, 2, 3, 4, 5].map((n) => new Secret(`share-${n}`)))
  expect(keys.peopleFor({ secret: 'a-secret' }).ms).toBe(2 * 60_000)
  expect(keys.peopleFor({ holders }).ms).toBe(18 * 60_000)
})
