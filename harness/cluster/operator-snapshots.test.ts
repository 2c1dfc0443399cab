import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import { readSnapshotFacts } from '../vault/snapshot-facts.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { NO_LOG, OperatorNotes } from './operator-notes.ts'
import { OperatorSnapshots, WrittenByNewer } from './operator-snapshots.ts'

const SNAPSHOT = join(import.meta.dirname, '../../fixtures/snapshots/openbao/after.snap')
const node = { name: 'vault-1' } as Node

let notes: OperatorNotes
beforeEach(() => {
  notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-snapshots-')))
})
afterEach(() => rmSync(notes.folder, { recursive: true }))

/** A server of this version that takes every upload; gives the methods that it was asked by. */
async function serverOf(version: string) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.method ?? '')
    request.resume()
    request.on('end', () => {
      if (request.method === 'GET') response.end(JSON.stringify({ type: 'awskms', version }))
      else response.writeHead(204).end()
    })
  })
  const client = clientOf(await serving(server))
  const { signal } = new AbortController()
  const place = { anonymous: () => client, notes, log: NO_LOG, signal } as unknown as OperatorPlace
  return { snapshots: new OperatorSnapshots(place), asked }
}

const given = { file: SNAPSHOT, token: new Secret('a-token') }

test('a snapshot of a newer server is refused before it is uploaded, and both are named', async () => {
  const [newest] = (await readSnapshotFacts(SNAPSHOT)).serverVersions
  const { snapshots, asked } = await serverOf('1.0.0')
  const restored = snapshots.restore(node, given)
  await expect(restored).rejects.toThrow(WrittenByNewer)
  await expect(restored).rejects.toThrow(`a server of ${newest}, which wrote the snapshot`)
  await expect(restored).rejects.toThrow('seen: 1.0.0')
  expect(asked).toEqual(['GET'])
})

test('one of this version is uploaded', async () => {
  const [own = ''] = (await readSnapshotFacts(SNAPSHOT)).serverVersions
  const { snapshots, asked } = await serverOf(own)
  await snapshots.restore(node, given)
  expect(asked).toEqual(['GET', 'POST'])
})
