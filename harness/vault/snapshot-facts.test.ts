import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  DAMAGES,
  forged,
  membersOf,
  ofOtherProduct,
  recordedSnapshot,
  repacked,
} from '../../fixtures/snapshots/damage.ts'
import { readArchive } from './snapshot-archive.ts'
import { readSnapshotFacts, SnapshotDamaged, verifySnapshot } from './snapshot-facts.ts'
import { keyIdsIn } from './snapshot-seal.ts'

function written(content: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.snap')
  writeFileSync(file, content)
  return file
}

const ARN = 'arn:aws:kms:us-east-1:123456789012:key/'

describe.each([
  [
    'openbao',
    '2.6.2',
    '78f01c75-e6e7-4511-b35e-f2e85e1a0581',
    { index: 66, bytes: 27032, entries: 66 },
  ],
  [
    'vault',
    '1.21.0',
    '450d6cf5-e475-490e-a873-4df521802802',
    { index: 85, bytes: 27621, entries: 68 },
  ],
] as const)('a snapshot of %s %s', (product, version, key, { index, bytes, entries }) => {
  const whole = readFileSync(recordedSnapshot(product))

  test('tells without being unsealed whose it is, and which key it needs', async () => {
    const facts = await verifySnapshot(recordedSnapshot(product), { product })
    expect(facts).toMatchObject({
      product,
      serverVersions: [version],
      raft: { index, term: 3, version: 1 },
      state: { bytes, entries },
      findings: [],
      seal: {
        type: 'awskms',
        shares: 1,
        threshold: 1,
        recovery: { shares: 5, threshold: 3 },
        keyIds: [ARN + key],
        sumsKeyIds: [ARN + key],
      },
    })
    expect(facts.raft?.peers.map(({ id, voter }) => [id, voter]).toSorted()).toEqual([
      ['vault-1', true],
      ['vault-2', true],
      ['vault-3', true],
    ])
  })

  test('counts what is in which mount, secrets and versions though their names are encrypted', async () => {
    const before = await readSnapshotFacts(recordedSnapshot(product, 'before'))
    const after = await readSnapshotFacts(recordedSnapshot(product))
    const kv = ({ parts }: typeof after) => parts.find(({ kind }) => kind === 'kv-v2')
    // record.ts wrote ten secrets more, and a second version of one that was there
    expect(kv(after)?.secrets).toBe((kv(before)?.secrets ?? 0) + 10)
    expect(kv(after)?.versions).toBe((kv(before)?.versions ?? 0) + 11)
    expect(after.parts.reduce((sum, part) => sum + part.entries, 0)).toBe(entries)
    expect(after.parts.map(({ prefix }) => prefix)).toEqual(
      expect.arrayContaining(['core', 'sys/policy', 'sys/token']),
    )
  })

  test.each(DAMAGES)('with this damage is no whole one: $name', async ({ finds, make }) => {
    const damaged = await make(whole)
    const { findings, bytes, sha256 } = await readSnapshotFacts(written(damaged))
    expect(findings.map(({ kind }) => kind)).toEqual(finds)
    expect(bytes).toBe(damaged.length)
    expect(sha256).toBe(createHash('sha256').update(damaged).digest('hex')) // of all of it
  })

  test('in which one byte was flipped anywhere is damaged', async () => {
    // Past the time of gzip's header, which no sum covers.
    for (let at = 10; at < whole.length; at += 1499) {
      const content = Buffer.from(whole)
      content[at] = (content[at] as number) ^ 0x10
      const { findings } = await readSnapshotFacts(written(content))
      expect(findings, `byte ${at}`).not.toEqual([])
    }
  })

  test('that ends anywhere is damaged', async () => {
    for (let at = 0; at < whole.length; at += 997) {
      const { findings } = await readSnapshotFacts(written(whole.subarray(0, at)))
      expect(findings, `after byte ${at}`).not.toEqual([])
    }
  })

  test('of which all damage is named when it is refused', async () => {
    const file = written(whole.subarray(0, 12_000))
    const refused = verifySnapshot(file).catch((error) => error)
    expect(await refused).toBeInstanceOf(SnapshotDamaged)
    const { message } = await refused
    expect(message).toMatch(/^a\.snap is no whole snapshot: the file is cut short: gzip ends after/)
    expect(message).toMatch(/; the archive lacks SHA256SUMS; the archive lacks SHA256SUMS\.sealed$/)
  })

  test('of the other product is refused only where one is wanted', async () => {
    const file = written(ofOtherProduct(product))
    const refused = await verifySnapshot(file, { product }).catch((error) => error)
    expect(refused.findings).toMatchObject([{ kind: 'other-product' }])
    expect((await verifySnapshot(file)).product).not.toBe(product)
  })

  test('reads the same in whatever pieces it comes', async () => {
    const wanted = await readSnapshotFacts(recordedSnapshot(product))
    for (const piece of [5, 511, 4096]) {
      const archive = readArchive(inPieces(whole, piece))
      let state = 0
      let step = await archive.next()
      for (; step.done !== true; step = await archive.next()) state += step.value.length
      expect(step.value).toMatchObject({ sha256: wanted.sha256, findings: [], meta: wanted.raft })
      expect(state).toBe(wanted.state.bytes)
    }
  })

  test.each([
    ['packed by another program', repacked],
    ['that gzip gave a name, a comment and a checksum of its header', withLongHeader],
    ['in uncompressed gzip', (file: Buffer) => gzipSync(gunzipSync(file), { level: 0 })],
  ])('%s is whole', async (_, make) => {
    expect((await readSnapshotFacts(written(await make(whole)))).findings).toEqual([])
  })

  test('whose sums were made again looks whole: only the seal can tell', async () => {
    expect((await readSnapshotFacts(written(await forged(whole)))).findings).toEqual([])
  })

  test('has no value in clear that the barrier should have encrypted', async () => {
    const state = (await membersOf(whole)).find(([name]) => name === 'state.bin')?.[1]
    for (const text of ['password', 'exchange', 'key-3', 'tenants']) {
      expect(state?.includes(text), text).toBe(false)
    }
  })
})

async function* inPieces(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes)
}

/** RFC 1952: extra field, name, comment and header checksum. */
function withLongHeader(file: Buffer): Buffer {
  const head = Buffer.from(file.subarray(0, 10))
  head[3] = 2 + 4 + 8 + 16
  const extra = Buffer.from([3, 0, 1, 2, 3])
  const texts = Buffer.from('a.snap\0a comment\0')
  return Buffer.concat([head, extra, texts, Buffer.from([0, 0]), file.subarray(10)])
}

describe('the key that sealed a value is read', () => {
  const text = (field: number, content: string | Buffer) =>
    Buffer.concat([Buffer.from([field * 8 + 2, content.length]), Buffer.from(content)])
  const blob = (key: string) => Buffer.concat([text(1, 'cipher'), text(5, text(3, key))])
  const many = Buffer.concat([Buffer.from([8, 2]), text(2, blob('one')), text(2, blob('two'))])
  const length = Buffer.from([0, 0, 0, many.length])

  test.each([
    ['of one seal', blob('one'), ['one']],
    [
      'of several seals of Vault',
      Buffer.concat([Buffer.from('multiwrapvalue:1'), length, many]),
      ['one', 'two'],
    ],
    ['of a seal without key ids', text(1, 'cipher'), []],
    ['of nothing that is sealed', Buffer.from('{"keys":[]}'), undefined],
    ['of nothing at all', Buffer.alloc(0), undefined],
  ])('%s', (_, value, ids) => {
    expect(keyIdsIn(value)).toEqual(ids)
  })
})
