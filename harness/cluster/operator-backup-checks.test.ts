import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  DAMAGES,
  ofOtherProduct,
  ofOtherSeal,
  recordedSnapshot,
} from '../../fixtures/snapshots/damage.ts'
import type { OperatorPlace } from './operator.ts'
import { type FoundBackup, OperatorBackupChecks } from './operator-backup-checks.ts'
import { OperatorNotes } from './operator-notes.ts'

const WHOLE = readFileSync(recordedSnapshot('openbao'))

/** A store that has this object, and nothing else; the KMS is not there. */
async function checksOf(content: Buffer) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': content.length, 'x-amz-version-id': 'v1' })
    response.end(content)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-checks-')))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(notes.folder, { recursive: true })
  })
  const checks = new OperatorBackupChecks({
    store: { host: '127.0.0.1', port },
    aws: { address: { host: '127.0.0.1', port: 1 } },
    notes,
    product: 'openbao',
    signal: new AbortController().signal,
  } as unknown as OperatorPlace)
  const head = { bytes: content.length, version: 'v1', metadata: {} }
  return { checks, found: { bucket: 'b', key: 'k', head } as FoundBackup }
}

test('a whole snapshot is fetched, and says whose it is', async () => {
  const { checks, found } = await checksOf(WHOLE)
  const facts = await checks.fetch(found)
  expect(facts).toMatchObject({ product: 'openbao', seal: { type: 'awskms' } })
  expect(readFileSync(checks.fetched).equals(WHOLE)).toBe(true)
})

test.each(DAMAGES.map(({ name, finds, make }) => [name, finds, make] as const))(
  'what is %s is refused before any node is touched',
  async (_name, finds, make) => {
    const { checks, found } = await checksOf(await make(WHOLE))
    const error = await checks.fetch(found).catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'SnapshotDamaged' })
    expect(error.findings.map(({ kind }: { kind: string }) => kind)).toEqual(finds)
  },
)

test('a snapshot of the other product is refused', async () => {
  const { checks, found } = await checksOf(ofOtherProduct('openbao'))
  await expect(checks.fetch(found)).rejects.toThrow('the storage is of vault; wanted was openbao')
})

test('a snapshot of a cluster that people unseal is refused, before any KMS is asked', async () => {
  const { checks, found } = await checksOf(await ofOtherSeal(WHOLE))
  const facts = await checks.fetch(found)
  await expect(checks.seesKeys(facts)).rejects.toThrow(
    'the backup is of a cluster with the seal shamir; the nodes have awskms',
  )
})
