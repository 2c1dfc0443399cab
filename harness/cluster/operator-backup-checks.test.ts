import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  DAMAGES,
  ofOtherProduct,
  ofOtherSeal,
  recordedSnapshot,
} from '../../fixtures/snapshots/damage.ts'
import { wallClockMs } from '../lib/clock.ts'
import { hours } from '../lib/duration.ts'
import type { SnapshotFacts } from '../vault/snapshot-facts.ts'
import { backupName } from './backup-name.ts'
import type { OperatorPlace } from './operator.ts'
import { costOf, type FoundBackup, OperatorBackupChecks } from './operator-backup-checks.ts'
import { OperatorNotes } from './operator-notes.ts'
import { Refusal } from './refusal.ts'

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
    describeKey: async () => {
      throw new Error('the KMS is not there')
    },
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

type Manual = readonly [takenH: number, savedH: number]

/**
 * A store with backups taken so many hours ago, each all there half an hour later; manual ones are
 * pairs of when they were taken and all there.
 */
async function bucketOf(
  agesH: readonly number[],
  { hidden = [], manual = [] }: { hidden?: readonly number[]; manual?: readonly Manual[] } = {},
) {
  const nowMs = Math.floor(wallClockMs() / 1000) * 1000
  const msOf = (ageH: number) => nowMs - ageH * 3_600_000
  const keyOf = (ageH: number) => backupName('daily', msOf(ageH)).key
  const manualOf = (ageH: number) => backupName('manual', msOf(ageH)).key
  const saved = new Map([
    ...agesH.map((ageH) => [keyOf(ageH), new Date(msOf(ageH - 0.5)).toISOString()] as const),
    ...manual.map(([ageH, atH]) => [manualOf(ageH), new Date(msOf(atH)).toISOString()] as const),
  ])
  const objects = [...saved.keys()].map((key) => `<Contents><Key>${key}</Key></Contents>`)
  const markers = hidden.map(
    (ageH) =>
      `<DeleteMarker><Key>${keyOf(ageH)}</Key><IsLatest>true</IsLatest><VersionId>m</VersionId></DeleteMarker>`,
  )
  const server = createServer(({ method, url = '' }, response) => {
    if (method === 'HEAD') {
      const key = decodeURIComponent(url.slice('/b/'.length).split('?')[0] ?? '')
      response.writeHead(200, { 'content-length': 1, 'x-amz-meta-saved': saved.get(key) ?? '' })
      return response.end()
    }
    response.writeHead(200, { 'content-type': 'application/xml' })
    response.end(
      url.includes('versions')
        ? `<ListVersionsResult>${markers.join('')}</ListVersionsResult>`
        : `<ListBucketResult>${objects.join('')}</ListBucketResult>`,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const checks = new OperatorBackupChecks({
    store: { host: '127.0.0.1', port },
    signal: new AbortController().signal,
  } as unknown as OperatorPlace)
  const newest = (beforeH?: number) => {
    const beforeMs = beforeH === undefined ? undefined : msOf(beforeH)
    return checks.newest({ bucket: 'b', youngerThan: hours(25), beforeMs })
  }
  return { newest, keyOf, manualOf }
}

describe('of backups that were taken 30, 20 and 2 hours ago', () => {
  test.each([
    ['the newest is taken when nobody says when it was lost', undefined, 2, 0],
    ['the newest of before the loss is taken, and those after it are not', 5, 20, 1],
    ['one that was under way at the loss is not', 1.8, 20, 1],
    ['one that had just ended is', 1.4, 2, 0],
    ['of a loss two days back the age counts from there', 22, 30, 2],
  ])('%s', async (_what, beforeH, takenH, leftAside) => {
    const { newest, keyOf } = await bucketOf([30, 20, 2])
    expect(await newest(beforeH)).toMatchObject({ key: keyOf(takenH), leftAside })
  })

  test('none is of before a loss of 31 hours ago, and that is said', async () => {
    const { newest } = await bucketOf([30, 20, 2])
    await expect(newest(31)).rejects.toThrow(/^there is no backup in b of before \d{4}-\S+Z$/)
  })
})

test.each([
  ['the manual one where it was there later', 1.4, 'manual'],
  ['the daily one where that was', 1.6, 'daily'],
])('of a daily and a manual one of the same second it is %s', async (_what, savedH, kind) => {
  const { newest, keyOf, manualOf } = await bucketOf([20, 2], { manual: [[2, savedH]] })
  expect(await newest()).toMatchObject({ key: kind === 'manual' ? manualOf(2) : keyOf(2) })
})

test('one that is a day older than the loss is not taken without a decision', async () => {
  const { newest } = await bucketOf([30, 2])
  await expect(newest(4)).rejects.toThrow(' older than that, wanted was one of the last 1500 min')
})

test('only what is hidden between the backup and the loss makes another one of it', async () => {
  const { newest, keyOf } = await bucketOf([20], { hidden: [2] })
  await expect(newest()).rejects.toThrow(/is not the newest in b: .* is hidden by a delete marker$/)
  expect(await newest(5)).toMatchObject({ key: keyOf(20) })
})

test('what is left aside is told with what it costs', () => {
  const chosen = { key: 'k', age: hours(2) } as FoundBackup
  const rest = 'whatever was written in the last 120 min is not in it'
  expect(costOf({ ...chosen, leftAside: 0 })).toBe(`k: ${rest}`)
  expect(costOf({ ...chosen, leftAside: 1 })).toBe(`k, 1 younger left aside: ${rest}`)
})

test.each([
  ['1.21.0', 'refused'],
  ['1.21.3', 'taken'],
  [undefined, 'taken'],
])('a backup of a server of 1.21.3 is, where %s is installed, %s', (version, expected) => {
  const checks = new OperatorBackupChecks({ machines: { version } } as unknown as OperatorPlace)
  const facts = { serverVersions: ['1.20.0', '1.21.3'] } as unknown as SnapshotFacts
  if (expected === 'taken') return checks.seesVersion(facts)
  expect(() => checks.seesVersion(facts)).toThrow(Refusal)
  expect(() => checks.seesVersion(facts)).toThrow(
    'wanted: servers of 1.21.3, which wrote the backup, or later; seen: 1.21.0; nothing was changed',
  )
})
