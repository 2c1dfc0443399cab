import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Address } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { resolveImages } from '../stack/images.ts'
import {
  awaitLocalstack,
  kmsCalls,
  LOCALSTACK_PORT,
  type Localstack,
  startLocalstack,
} from '../stack/localstack.ts'
import { createNetwork, type Network } from '../stack/network.ts'
import { labelsOf } from '../throw-away.ts'
import { Kms, newKey } from './kms.ts'
import { FileChanged, ObjectFiles } from './object-files.ts'
import { S3 } from './s3.ts'
import { CURRENT, PENDING, PREVIOUS, SecretsManager } from './secrets-manager.ts'

/** All clients against the real emulator. */

const MIB = 2 ** 20

let network: Network
let localstack: Localstack
let kms: Kms
let manager: SecretsManager
let s3: S3
let files: ObjectFiles
let store: Address

beforeAll(async () => {
  const docker = await connectDocker({ dial: 'published' })
  const images = await resolveImages(docker, ['localstack'], { sources: readSettings().sources })
  const name = `drill-contract-aws-${randomUUID().slice(0, 8)}`
  const labels = labelsOf(name)
  network = await createNetwork(docker.engine, name, labels)
  const { reference: image, entrypoint } = images.localstack
  localstack = await startLocalstack(docker.engine, {
    name,
    image,
    entrypoint,
    network: name,
    ip: network.address(2),
    labels,
    services: ['kms', 's3', 'secretsmanager'],
    publish: true,
  })
  const port = await localstack.container.publishedPort(LOCALSTACK_PORT)
  const address = { host: '127.0.0.1', port }
  await awaitLocalstack(localstack, address, ['kms', 's3', 'secretsmanager'])
  manager = await SecretsManager.at(address)
  kms = await Kms.at(address)
  s3 = await S3.at(address)
  files = await ObjectFiles.at(address)
  store = address
})

afterAll(async () => {
  kms?.close()
  s3?.close()
  files?.close()
  manager?.close()
  await localstack?.container.remove()
  await network?.remove()
})

describe('a KMS key', () => {
  const key = newKey('alias/drill-contract')
  const text = Buffer.from('a root key')

  test('is found by its alias and encrypts so that the blob alone can be decrypted', async () => {
    await kms.seed(key)
    const { arn, state } = await kms.describe(key.alias)
    expect(arn).toBe(`arn:aws:kms:us-east-1:123456789012:key/${key.id}`)
    expect(state).toBe('Enabled')
    const blob = await kms.encrypt(key.alias, text)
    expect(Buffer.from(blob).includes(text)).toBe(false)
    expect(Buffer.from(await kms.decrypt(blob))).toEqual(text)
    expect(await kmsCalls(localstack, 'Encrypt')).toBe(1)
  })

  test('that is disabled decrypts nothing until it is enabled again', async () => {
    const blob = await kms.encrypt(key.id, text)
    await kms.disable(key.id)
    expect((await kms.describe(key.id)).state).toBe('Disabled')
    await expect(kms.decrypt(blob)).rejects.toMatchObject({
      code: 'DisabledException',
      status: 400,
    })
    await kms.enable(key.id)
    expect(Buffer.from(await kms.decrypt(blob))).toEqual(text)
  })

  test('that is to be deleted decrypts nothing until it is restored, which twice is harmless', async () => {
    const blob = await kms.encrypt(key.id, text)
    await kms.scheduleDeletion(key.id)
    expect((await kms.describe(key.id)).state).toBe('PendingDeletion')
    await expect(kms.decrypt(blob)).rejects.toMatchObject({ code: 'KMSInvalidStateException' })
    await kms.restore(key.id)
    await kms.restore(key.id)
    expect(Buffer.from(await kms.decrypt(blob))).toEqual(text)
  })

  test('is another one when its alias is pointed at that, and still opens what it closed', async () => {
    const other = newKey('alias/drill-contract-other')
    await kms.seed(other)
    const blob = await kms.encrypt(key.alias, text)
    await kms.pointAlias(key.alias, other.id)
    expect((await kms.describe(key.alias)).arn).toMatch(`/${other.id}`)
    expect(Buffer.from(await kms.decrypt(blob))).toEqual(text)
    await kms.pointAlias(key.alias, key.id)
  })

  test('that is seeded again opens what it closed before', async () => {
    const blob = await kms.encrypt(key.id, text)
    await kms.seed(key)
    expect(Buffer.from(await kms.decrypt(blob))).toEqual(text)
  })

  test('with another material opens nothing of it', async () => {
    const blob = await kms.encrypt(key.id, text)
    await kms.seed({ ...newKey('alias/drill-contract'), id: key.id })
    await expect(kms.decrypt(blob)).rejects.toMatchObject({ operation: 'kms:Decrypt' })
    await kms.seed(key)
  })

  test('whose material KMS makes and rotates opens what each of its materials closed', async () => {
    const id = await kms.create()
    const before = await kms.encrypt(id, text)
    await kms.rotateMaterial(id)
    const after = await kms.encrypt(id, text)
    expect(Buffer.from(await kms.decrypt(before))).toEqual(text)
    expect(Buffer.from(await kms.decrypt(after))).toEqual(text)
  })

  test('that does not exist is named as such', async () => {
    await expect(kms.describe('alias/nobody')).rejects.toMatchObject({ code: 'NotFoundException' })
  })
})

describe('a secret of Secrets Manager', () => {
  const name = 'drill-contract-shares'
  const values = ['first', 'second', 'third'].map((text) => new Secret(text))
  const [first, second, third] = values as [Secret, Secret, Secret]
  const textAt = async (stage: string) => (await manager.get(name, stage))?.value.reveal()

  test('has one version, which is the current one and gets a label of its own', async () => {
    const version = await manager.create(name, first)
    await manager.label(name, 'generation-1', { to: version })
    expect(await manager.get(name, CURRENT)).toMatchObject({ version })
    expect(await textAt('generation-1')).toBe('first')
    expect(await manager.get(name, PENDING)).toBeUndefined()
  })

  test('gets a pending version, and hands out the former one until that is current', async () => {
    const former = await manager.get(name, CURRENT)
    const version = await manager.put(name, second, { stages: [PENDING, 'generation-2'] })
    expect([await textAt(CURRENT), await textAt(PENDING)]).toEqual(['first', 'second'])
    await manager.label(name, CURRENT, { to: version, from: former?.version })
    expect([await textAt(CURRENT), await textAt(PREVIOUS)]).toEqual(['second', 'first'])
  })

  test('takes labels from the version that had them, and keeps all that have one', async () => {
    const version = await manager.put(name, third, { stages: [PENDING, 'generation-3'] })
    const kept = await manager.versions(name)
    expect(kept.find((each) => each.version === version)?.stages).toContain(PENDING)
    const labels = kept.flatMap(({ stages }) => stages).toSorted()
    expect(labels.filter((label) => label.startsWith('generation-'))).toEqual([
      'generation-1',
      'generation-2',
      'generation-3',
    ])
    expect(labels.filter((label) => label === PENDING)).toHaveLength(1)
  })

  test('that is not there has no version', async () => {
    expect(await manager.get('nobody', CURRENT)).toBeUndefined()
    await expect(manager.versions('nobody')).rejects.toMatchObject({
      operation: 'secretsmanager:ListSecretVersionIds',
    })
  })
})

describe('a bucket', () => {
  const bucket = 'drill-contract'

  test('keeps versions of an object and gives the newest', async () => {
    await s3.createBucket(bucket)
    const first = await s3.put(bucket, 'snapshots/a', 'one', { metadata: { sha256: 'abc' } })
    const second = await s3.put(bucket, 'snapshots/a', Buffer.from('two!'))
    expect(first).not.toBe(second)
    expect((await s3.get(bucket, 'snapshots/a')).toString()).toBe('two!')
    expect(await s3.head(bucket, 'snapshots/a')).toEqual({
      bytes: 4,
      version: second,
      metadata: {},
    })
  })

  test('lists what begins with a prefix', async () => {
    await s3.put(bucket, 'other/b', 'b', { metadata: { sha256: 'def' } })
    const found = await s3.list(bucket, { prefix: 'snapshots/' })
    expect(found).toMatchObject([{ key: 'snapshots/a', bytes: 4 }])
    expect(Date.parse(found[0]?.storedAt ?? '')).not.toBeNaN()
    expect((await s3.list(bucket)).map(({ key }) => key)).toEqual(['other/b', 'snapshots/a'])
    expect((await s3.head(bucket, 'other/b'))?.metadata).toEqual({ sha256: 'def' })
  })

  test('without an object answers nothing for its head and an error for its content', async () => {
    expect(await s3.head(bucket, 'nothing')).toBeUndefined()
    await expect(s3.get(bucket, 'nothing')).rejects.toMatchObject({ code: 'NoSuchKey' })
  })

  test('keeps what a delete hides, until every version is deleted', async () => {
    const first = await s3.put(bucket, 'doomed', 'one', { tags: { by: 'a fault' } })
    const second = await s3.put(bucket, 'doomed', 'two')
    await s3.put(bucket, 'doomed-too', 'another')
    expect(await s3.tags(bucket, 'doomed', { version: first })).toEqual({ by: 'a fault' })
    expect(await s3.tags(bucket, 'doomed')).toEqual({})
    await s3.remove(bucket, 'doomed')
    expect(await s3.head(bucket, 'doomed')).toBeUndefined()
    const versions = await s3.versions(bucket, 'doomed')
    expect(versions.map(({ isMarker }) => isMarker)).toEqual([true, false, false])
    expect(versions.slice(1).map(({ version }) => version)).toEqual([second, first])
    expect((await s3.get(bucket, 'doomed', { version: first })).toString()).toBe('one')
    for (const { version } of versions) await s3.remove(bucket, 'doomed', { version })
    expect(await s3.versions(bucket, 'doomed')).toEqual([])
  })

  test('can be removed when it holds nothing, old versions included', async () => {
    await s3.createBucket('drill-doomed')
    await s3.put('drill-doomed', 'a', 'one')
    await s3.remove('drill-doomed', 'a')
    await expect(s3.removeBucket('drill-doomed')).rejects.toMatchObject({ code: 'BucketNotEmpty' })
    for (const { key, version } of await s3.allVersions('drill-doomed')) {
      await s3.remove('drill-doomed', key, { version })
    }
    await s3.removeBucket('drill-doomed')
    await expect(s3.list('drill-doomed')).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })

  test('gives an encrypted object only while its key is enabled', async () => {
    const key = newKey('alias/drill-object')
    await kms.seed(key)
    await s3.put(bucket, 'encrypted', 'text', { kmsKey: key.id })
    expect((await s3.head(bucket, 'encrypted'))?.kmsKey).toMatch(new RegExp(`${key.id}$`))
    await kms.disable(key.id)
    const refused = { code: 'KMS.DisabledException' }
    await expect(s3.get(bucket, 'encrypted')).rejects.toMatchObject(refused)
    await expect(s3.put(bucket, 'new', 'text', { kmsKey: key.id })).rejects.toMatchObject(refused)
    await kms.enable(key.id)
    expect((await s3.get(bucket, 'encrypted')).toString()).toBe('text')
  })

  test('that does not exist is an error', async () => {
    await expect(s3.list('no-such-bucket')).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })
})

describe('a file', () => {
  const bucket = 'drill-files'
  const key = newKey('alias/drill-files')
  const folder = mkdtempSync(join(tmpdir(), 'drill-files-'))
  const large = made('large', 18 * MIB)
  const small = made('small', 100_000)

  beforeAll(async () => {
    await s3.createBucket(bucket)
    await kms.seed(key)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function made(name: string, bytes: number) {
    const content = randomBytes(bytes)
    const path = join(folder, name)
    writeFileSync(path, content)
    return { path, bytes, sha256: createHash('sha256').update(content).digest('hex') }
  }

  test.each([
    ['small', 1, small],
    ['large', 3, large],
  ])(
    'that is %s is stored in %i part(s), encrypted, and read back as it was',
    async (name, parts, file) => {
      const { path, bytes, sha256 } = file
      const stored = await files.upload(bucket, name, path, { sha256, kmsKey: key.id })
      expect(stored).toMatchObject({ bytes, parts })
      expect(stored.kmsKey).toMatch(new RegExp(`/${key.id}$`))
      const head = await s3.head(bucket, name)
      expect(head).toMatchObject({ bytes, version: stored.version, metadata: { sha256 } })
      expect(head?.kmsKey).toBe(stored.kmsKey)
      const copy = join(folder, `${name}.copy`)
      expect(await files.download(bucket, name, copy)).toEqual({ bytes, sha256 })
      expect(readFileSync(copy).equals(readFileSync(path))).toBe(true)
      expect(statSync(copy).mode & 0o777).toBe(0o600)
      expect(await files.unfinished(bucket)).toEqual([])
    },
  )

  test.each([
    ['small', small],
    ['large', large],
  ])('that is %s and has changed since it was saved is not stored', async (_name, { path }) => {
    const upload = files.upload(bucket, 'changed', path, { sha256: 'another', kmsKey: key.id })
    await expect(upload).rejects.toThrow(FileChanged)
    await nothingIsLeft('changed')
  })

  test.each([
    ['small', small, 65_536],
    ['large', large, 10 * MIB],
  ])('that is %s and whose upload is cut leaves nothing', async (_name, file, afterBytes) => {
    const way = await wayThatCuts(afterBytes)
    const { path, sha256 } = file
    await expect(way.files.upload(bucket, 'cut', path, { sha256, kmsKey: key.id })).rejects.toThrow(
      /^s3:(PutObject|UploadPart) failed: /,
    )
    await nothingIsLeft('cut')
  })

  test('whose upload cannot even be aborted leaves one that the next finds', async () => {
    const way = await wayThatCuts(10 * MIB, { forGood: true })
    const { path, sha256 } = large
    await expect(
      way.files.upload(bucket, 'left', path, { sha256, kmsKey: key.id }),
    ).rejects.toThrow(/its upload \S+ is left in the store: /)
    const left = await files.unfinished(bucket, { prefix: 'left' })
    expect(left).toHaveLength(1)
    for (const each of left) await files.abort(bucket, each.key, each.upload)
    await nothingIsLeft('left')
  })

  test.each([
    ['small', small],
    ['large', large],
  ])('that is %s is refused by name while its key is disabled', async (_name, { path, sha256 }) => {
    await kms.disable(key.id)
    onTestFinished(() => kms.enable(key.id))
    const upload = files.upload(bucket, 'closed', path, { sha256, kmsKey: key.id })
    await expect(upload).rejects.toThrow('KMS.DisabledException')
    await nothingIsLeft('closed')
  })

  test('whose download is cut does not appear', async () => {
    const { path, sha256 } = large
    await files.upload(bucket, 'fetched', path, { sha256, kmsKey: key.id })
    const way = await wayThatCuts(MIB, { backwards: true })
    const copy = join(folder, 'never')
    await expect(way.files.download(bucket, 'fetched', copy)).rejects.toThrow('s3:GetObject failed')
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([])
  })

  test('can be tagged when it is stored already', async () => {
    const { path, sha256 } = small
    const { version } = await files.upload(bucket, 'tagged', path, { sha256, kmsKey: key.id })
    await s3.tag(bucket, 'tagged', { verified: '2026-11-23T02:00:00Z' })
    expect(await s3.tags(bucket, 'tagged')).toEqual({ verified: '2026-11-23T02:00:00Z' })
    expect((await s3.head(bucket, 'tagged'))?.version).toBe(version)
  })

  async function nothingIsLeft(name: string): Promise<void> {
    expect(await s3.versions(bucket, name)).toEqual([])
    expect(await files.unfinished(bucket, { prefix: name })).toEqual([])
  }
})

/** A way to the store that closes a connection once so many bytes were carried in one direction. */
async function wayThatCuts(
  afterBytes: number,
  { forGood = false, backwards = false } = {},
): Promise<{ files: ObjectFiles }> {
  let carried = 0
  let isCut = false
  const carry = (from: Socket, to: Socket, counts: boolean) => {
    from.on('data', (chunk) => {
      if (counts) carried += chunk.length
      if (isCut ? !forGood : carried <= afterBytes) return to.write(chunk)
      isCut = true
      from.destroy()
      to.destroy()
    })
  }
  const server = createServer((client) => {
    if (forGood && isCut) return client.destroy()
    const upstream = connect(store)
    for (const end of [client, upstream]) end.on('error', () => {})
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    carry(client, upstream, !backwards)
    carry(upstream, client, backwards)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const way = await ObjectFiles.at({ host: '127.0.0.1', port })
  onTestFinished(() => {
    way.close()
    server.close()
  })
  return { files: way }
}
