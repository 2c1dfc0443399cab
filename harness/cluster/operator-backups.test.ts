import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serving } from '../../fixtures/responses/replay.ts'
import { type Address, RequestFailed } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { VaultError } from '../vault/error.ts'
import { SnapshotIncomplete } from '../vault/snapshot.ts'
import type { SnapshotFacts } from '../vault/snapshot-facts.ts'
import { backupName } from './backup-name.ts'
import type { OperatorPlace } from './operator.ts'
import { NotAsStored, OperatorBackups } from './operator-backups.ts'
import { OperatorNotes } from './operator-notes.ts'
import type { OperatorSnapshots } from './operator-snapshots.ts'

const TWO_AM = Date.UTC(2026, 10, 23, 2, 0, 0)
const WHOLE = join(import.meta.dirname, '../../fixtures/snapshots/openbao/after.snap')
const token = new Secret('s.backup')

let notes: OperatorNotes
beforeEach(() => {
  notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-backups-')))
  vi.useFakeTimers({ toFake: ['Date'], now: TWO_AM })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(notes.folder, { recursive: true })
})

/** Who leads at each question, and what each attempt at a snapshot ends with. */
function backupsWith(leaders: readonly string[] = [], ends: readonly (Error | 'whole')[] = []) {
  const asked: string[] = []
  const leading = leaders.values()
  const ending = ends.values()
  let leader = 'vault-1'
  const place = {
    notes,
    signal: new AbortController().signal,
    view: {
      leader: async () => {
        leader = leading.next().value ?? leader
        return leader
      },
    },
  } as unknown as OperatorPlace
  const snapshots = {
    save: async (file: string) => {
      asked.push(leader)
      const end = ending.next().value
      if (end instanceof Error) throw end
      writeFileSync(notes.file(file), 'saved')
    },
  } as unknown as OperatorSnapshots
  return { backups: new OperatorBackups(place, snapshots), asked }
}

describe('the name of a backup', () => {
  test('is that of the one that was interrupted a moment ago', async () => {
    const first = await backupsWith().backups.begin('daily')
    vi.setSystemTime(TWO_AM + 14 * 60_000)
    expect(await backupsWith().backups.begin('daily')).toEqual(first)
  })

  test('is a new one when that was a quarter of an hour ago', async () => {
    await backupsWith().backups.begin('daily')
    vi.setSystemTime(TWO_AM + 15 * 60_000)
    expect((await backupsWith().backups.begin('daily')).takenMs).toBe(TWO_AM + 15 * 60_000)
  })

  test('is a new one when that was of another kind', async () => {
    await backupsWith().backups.begin('daily')
    vi.setSystemTime(TWO_AM + 1000)
    expect((await backupsWith().backups.begin('manual')).kind).toBe('manual')
  })

  test('that is to be encrypted ends with .gpg, and is no other copy on the host', async () => {
    const inClear = await backupsWith().backups.begin('daily')
    const encrypted = await backupsWith().backups.begin('daily', { recipient: 'somebody' })
    expect(encrypted).toEqual({ ...inClear, key: `${inClear.key}.gpg`, encrypted: true })
  })

  test('is a new one after the end, and never that of another within its second', async () => {
    const { backups } = backupsWith()
    const first = await backups.begin('daily')
    writeFileSync(notes.file(first.file), 'the first')
    backups.end('daily')
    const next = backups.begin('daily')
    vi.setSystemTime(TWO_AM + 1000)
    expect((await next).file).toBe('vault-snapshot-20261123-020001.snap')
    expect(first.file).toBe('vault-snapshot-20261123-020000.snap')
  })

  test('is never of the second of one of the other kind: which is the newest must be known', async () => {
    const { backups } = backupsWith()
    const daily = await backups.begin('daily')
    writeFileSync(notes.file(daily.file), 'the daily one')
    const manual = backups.begin('manual')
    vi.setSystemTime(TWO_AM + 1000)
    expect((await manual).file).toBe('vault-manual-20261123-020001.snap')
  })

  test('is never of the second of one that was interrupted before there was a file', async () => {
    const { backups } = backupsWith()
    await backups.begin('daily')
    const manual = backups.begin('manual')
    vi.setSystemTime(TWO_AM + 1000)
    expect((await manual).file).toBe('vault-manual-20261123-020001.snap')
  })
})

test('without a recipient what is stored is the local copy, and no key is looked for', async () => {
  const { backups } = backupsWith()
  const access = { token, accessor: '', bucket: '', kmsKey: '' }
  expect(await backups.seesRecipient(access)).toBe('not asked for')
  const name = backupName('daily', TWO_AM)
  const facts = { sha256: 'of the snapshot' } as SnapshotFacts
  expect(await backups.encrypt(name, facts, access)).toMatchObject({
    file: notes.file(name.file),
    sha256: 'of the snapshot',
  })
})

describe('a snapshot', () => {
  const name = backupName('daily', TWO_AM)
  const cut = new RequestFailed('the connection was cut', { sent: true, code: 'ECONNRESET' })
  const refusal = (status: number) =>
    new VaultError({ node: 'vault-1', method: 'GET', path: 'p', status, errors: [], headers: {} })
  const short = new SnapshotIncomplete('vault-1', {
    bytes: 9,
    sha256: '',
    meta: undefined,
    stateBytes: 0,
    sealedSums: undefined,
    missing: ['state.bin'],
    findings: [],
  })

  test.each([
    ['the connection was cut', cut, ['vault-1', 'vault-2'], ['vault-1', 'vault-2']],
    ['the node is a standby', refusal(307), ['vault-1', 'vault-2'], ['vault-1', 'vault-2']],
    ['the server failed', refusal(500), ['vault-1'], ['vault-1', 'vault-1']],
    ['it is short and another node leads', short, ['vault-1', 'vault-2'], ['vault-1', 'vault-2']],
  ])('is taken anew when %s', async (_why, error, leaders, nodes) => {
    const { backups, asked } = backupsWith(leaders, [error, 'whole'])
    await backups.save(name, token)
    expect(asked).toEqual(nodes)
  })

  test.each([
    ['the token is refused', refusal(403)],
    ['it is short and the same node leads', short],
  ])('is taken once when %s', async (_why, error) => {
    const { backups, asked } = backupsWith(['vault-1'], [error, 'whole'])
    await expect(backups.save(name, token)).rejects.toBe(error)
    expect(asked).toEqual(['vault-1'])
  })

  test('is taken three times at most', async () => {
    const { backups, asked } = backupsWith(['vault-1'], [cut, cut, cut, 'whole'])
    await expect(backups.save(name, token)).rejects.toBe(cut)
    expect(asked).toHaveLength(3)
  })

  test('that is there and whole is not taken again', async () => {
    copyFileSync(WHOLE, notes.file(name.file))
    const { backups, asked } = backupsWith()
    await backups.save(name, token)
    expect(asked).toEqual([])
  })

  test('that is there and damaged is', async () => {
    writeFileSync(notes.file(name.file), 'half of one')
    const { backups, asked } = backupsWith([], ['whole'])
    await backups.save(name, token)
    expect(asked).toEqual(['vault-1'])
    expect(existsSync(notes.file(name.file))).toBe(true)
  })
})

const KEY = 'f0e1d2c3-0000-4000-8000-000000000000'
const SHA256 = createHash('sha256').update(readFileSync(WHOLE)).digest('hex')

type Stored = { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }

/** A store of one object; it gives other bytes of the first version of it than it was given. */
async function storeThatErrsOnce({ deletes = true } = {}) {
  const asked: string[] = []
  const versions = new Map<string, Stored>()
  let stored = 0
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request
    const body = await buffer(request)
    const { searchParams } = new URL(url, 'http://store')
    const isOfTags = searchParams.has('tagging')
    const of = searchParams.get('versionId') ?? [...versions.keys()].at(-1) ?? ''
    asked.push(`${isOfTags ? 'TAG' : method} ${of}`.trim())
    if (isOfTags) return response.end()
    if (searchParams.has('uploads')) return response.end('<ListMultipartUploadsResult/>')
    if (method === 'PUT') {
      const version = `v${++stored}`
      const own = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'))
      const headers = {
        'x-amz-version-id': version,
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': KEY,
      }
      versions.set(version, { body, headers: { ...headers, ...Object.fromEntries(own) } })
      return response.writeHead(200, headers).end()
    }
    const found = versions.get(of)
    if (found === undefined) return response.writeHead(404).end()
    if (method === 'DELETE') {
      if (deletes) versions.delete(of)
      return response.writeHead(deletes ? 204 : 403).end()
    }
    response.writeHead(200, { ...found.headers, 'content-length': found.body.length })
    response.end(of === 'v1' ? Buffer.alloc(found.body.length, 'x') : found.body)
  })
  return { asked, store: await serving(server) }
}

/** The backup up to its reading back, from a local copy that is whole. */
async function readBack(store: Address) {
  const name = backupName('daily', TWO_AM)
  copyFileSync(WHOLE, notes.file(name.file))
  const place = { notes, store, signal: new AbortController().signal } as unknown as OperatorPlace
  const backups = new OperatorBackups(place, {} as OperatorSnapshots)
  const access = { token, accessor: '', bucket: 'b', kmsKey: KEY }
  const facts = { sha256: SHA256 } as SnapshotFacts
  const what = { file: notes.file(name.file), sha256: SHA256, told: '' }
  await backups.store(name, facts, what, access)
  await backups.verify(name, what, access)
}

describe('what is read back as other bytes than were stored', () => {
  test('is deleted, so the next attempt stores it anew and marks that as verified', async () => {
    const { asked, store } = await storeThatErrsOnce()
    const first = await readBack(store).catch((error) => error)
    expect(first).toBeInstanceOf(NotAsStored)
    expect(first.message).toMatch(/; it was deleted$/)
    expect(asked.splice(0)).toEqual(['GET', 'HEAD', 'PUT', 'HEAD v1', 'GET v1', 'DELETE v1'])
    await readBack(store)
    expect(asked).toEqual(['GET', 'HEAD', 'PUT', 'HEAD v2', 'GET v2', 'TAG v2'])
  })

  test('is never marked, and the error says that it is still there when it is', async () => {
    const { asked, store } = await storeThatErrsOnce({ deletes: false })
    await expect(readBack(store)).rejects.toThrow(/; it could not be deleted: .*s3:DeleteObject/)
    expect(asked).not.toContain('TAG v1')
  })
})
