import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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

/**
 * A node that goes on with the next of these at each look at the throw-away token: the status of
 * that look, and what its health check says; the last one lasts.
 */
async function nodeThatSays(...looks: readonly (readonly [token: number, health: number])[]) {
  let looked = 0
  const server = createServer((request, response) => {
    const isToken = request.url?.includes('lookup-self') === true
    const [token, health] = looks[Math.min(isToken ? looked++ : looked - 1, looks.length - 1)] ?? [
      599, 599,
    ]
    request.resume()
    request.on('end', () => response.writeHead(isToken ? token : health).end('{"errors":[]}'))
  })
  const client = clientOf(await serving(server))
  const { signal } = new AbortController()
  const place = { anonymous: () => client, notes, log: NO_LOG, signal } as unknown as OperatorPlace
  return { snapshots: new OperatorSnapshots(place), looks: () => looked }
}

const tokens = { original: undefined, throwAway: new Secret('of-the-init') }

describe('where nobody has an original token', () => {
  test('a restore is in force when the throw-away one is refused for a while by who leads', async () => {
    const { snapshots, looks } = await nodeThatSays([200, 200], [403, 200])
    await snapshots.untilInForce(node, tokens)
    expect(looks()).toBe(1 + 20)
  })

  test.each([
    ['the server swaps its keys', [500, 500]],
    ['the server is sealed', [503, 503]],
    ['it is a node that does not lead', [403, 429]],
    ['the throw-away one is known again', [200, 200]],
  ] as const)('a refusal before %s does not count', async (_, between) => {
    const { snapshots, looks } = await nodeThatSays([403, 200], [403, 200], between, [403, 200])
    await snapshots.untilInForce(node, tokens)
    expect(looks()).toBe(3 + 20)
  })

  test.each([
    ['is known to who leads', [200, 200], false],
    ['is refused by who leads', [403, 200], true],
  ] as const)('and the throw-away one %s, that is what is told', async (_, last, isApplied) => {
    const { snapshots } = await nodeThatSays([500, 500], [403, 503], last)
    expect(await snapshots.isUnderWay(node, tokens)).toBe(isApplied)
  })
})
