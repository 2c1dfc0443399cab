import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Kms, newKey } from '../aws/kms.ts'
import { S3 } from '../aws/s3.ts'
import { onStage } from '../made-stage.ts'
import { allFilesOf, archiveOf } from '../stack/archive.ts'
import { planFault } from './bring-about.ts'
import { CannotPlan, type Fault } from './fault.ts'
import { bite, context, healsFromDisk, provesFinal, provesItself } from './made-proof.ts'
import { type Access, reachByLink } from './object-access.ts'
import { bucketNotThere, deniedStore, failingStore } from './object-answers.ts'
import { cutUpload, refusedStore, slowStore } from './object-links.ts'
import { destroyedObject, disabledObjectKey, hiddenObject, missingBucket } from './object-loss.ts'
import { flippedObject, memberlessObject, olderObject, truncatedObject } from './objects.ts'

const on = onStage('object-faults', { aws: 'own' })

const TODAY = 'daily/vault-snapshot-20260302.snap'
const YESTERDAY = 'daily/vault-snapshot-20260301.snap'
const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))

let s3: S3

beforeAll(async () => {
  s3 = await S3.at(on().cluster.aws.address)
  const { bucket } = on().cluster.aws
  await s3.put(bucket, YESTERDAY, content.subarray(1000), { metadata: { day: 'yesterday' } })
})

beforeEach(async () => {
  const { bucket } = on().cluster.aws
  await s3.put(bucket, TODAY, content, { metadata: { day: 'today' } })
})

describe('the way to the object store', () => {
  test.each([
    ['refuses', refusedStore('all'), /^in operator: ConnectionRefusedError .* in vault-3: Conn/],
    ['is slow', slowStore('operator', 400), /^in operator: 200 after [4-9]\d\d ms, past/],
    ['is slow for one node', slowStore('vault-2', 300), /^in vault-2: 200 after/],
    ['ends uploads midway', cutUpload(), /^in operator: \w+ after .* past the link 404 NoSuchBuck/],
  ])('%s, and is as before when healed', async (_how, fault, witnessed) => {
    expect(await provesItself(on().cluster, fault)).toMatch(witnessed)
  })

  test('keeps whole objects when it cuts an upload: nothing of it is stored', async () => {
    const { cluster } = on()
    const { plan } = await bite(cluster, cutUpload('operator', 100_000))
    const { bucket, accesses } = plan
    const upload = { method: 'PUT', bytes: 2 ** 20 }
    const ended = await reachByLink(cluster.docker, accesses[0] as Access, bucket, upload)
    expect(ended).toMatchObject({ failed: expect.any(String) })
    expect(await s3.versions(bucket, 'witness')).toEqual([])
    await healsFromDisk(cluster, cutUpload(), plan)
  })
})

describe('the object store answers', () => {
  test.each([
    ['with an error of the server', failingStore('all'), /in vault-1: 503 SlowDown .* link 200/],
    ['that access is denied', deniedStore(), /^in operator: 403 AccessDenied .* past the link 200/],
    ['that it knows no such bucket', bucketNotThere('vault-3'), /in vault-3: 404 NoSuchBucket/],
  ])('%s, and is as before when healed', async (_what, fault, witnessed) => {
    expect(await provesItself(on().cluster, fault)).toMatch(witnessed)
  })
})

describe('an object', () => {
  test.each([
    ['ends early', truncatedObject(TODAY, 50), /gives 2500 bytes .* before it were 5000/],
    ['has another bit', flippedObject(TODAY), /gives 5000 bytes .* before it were 5000/],
    ["is yesterday's", olderObject(TODAY), /gives 4000 bytes .* before it were 5000/],
    ['is hidden', hiddenObject(TODAY), /answers 404; version \S+ is listed$/],
  ])('%s, and is itself again when healed', async (_how, fault, witnessed) => {
    const { bucket } = on().cluster.aws
    const before = await s3.head(bucket, TODAY)
    expect(await provesItself(on().cluster, fault)).toMatch(witnessed)
    expect(await s3.head(bucket, TODAY)).toEqual(before)
    expect((await s3.get(bucket, TODAY)).equals(content)).toBe(true)
  })

  test('that differs in one bit differs in no other', async () => {
    const { cluster } = on()
    const { plan } = await bite(cluster, flippedObject(TODAY))
    const wrong = await s3.get(cluster.aws.bucket, TODAY)
    const bits = [...wrong].map((byte, i) => (byte ^ (content[i] ?? 0)).toString(2))
    expect(bits.join('').replaceAll('0', '')).toBe('1')
    expect(await s3.head(cluster.aws.bucket, TODAY)).toMatchObject({ metadata: { day: 'today' } })
    await healsFromDisk(cluster, flippedObject(TODAY), plan)
  })

  test('that lacks a member has the others, and is whole again when healed', async () => {
    const { cluster } = on()
    const { bucket } = cluster.aws
    const members = ['kept', 'gone'].map((name) => ({ path: name, content: name }))
    const whole = gzipSync(await buffer(archiveOf(members)))
    await s3.put(bucket, 'archive.snap', whole)
    const fault = memberlessObject('archive.snap', 'gone')
    const { plan } = await bite(cluster, fault)
    const left = gunzipSync(await s3.get(bucket, 'archive.snap'))
    expect((await allFilesOf(Readable.from([left]))).map(String)).toEqual(['kept'])
    await healsFromDisk(cluster, fault, plan)
    expect((await s3.get(bucket, 'archive.snap')).equals(whole)).toBe(true)
  })

  test('that was uploaded anew while it was wrong is left as it is by healing', async () => {
    const { cluster } = on()
    const fault = truncatedObject(TODAY)
    const { plan } = await bite(cluster, fault)
    await s3.put(cluster.aws.bucket, TODAY, 'a new backup')
    await healsFromDisk(cluster, fault, plan)
    expect((await s3.get(cluster.aws.bucket, TODAY)).toString()).toBe('a new backup')
  })

  test('whose key is disabled cannot be read until the key is enabled', async () => {
    const { cluster } = on()
    const { address, bucket, key: sealKey } = cluster.aws
    const key = newKey('alias/backups')
    const kms = await Kms.at(address)
    await kms.seed(key)
    await s3.put(bucket, 'encrypted.snap', content, { kmsKey: key.id })
    const fault = disabledObjectKey('encrypted.snap')
    const witness = await provesItself(cluster, fault)
    expect(witness).toMatch(/refused with KMS.DisabledException; its key is Disabled$/)
    expect((await s3.get(bucket, 'encrypted.snap')).equals(content)).toBe(true)
    await s3.put(bucket, 'sealed.snap', content, { kmsKey: sealKey.id })
    kms.close()
    await expect(planFault(disabledObjectKey('sealed.snap'), cluster, context)).rejects.toThrow(
      "the key of sealed.snap is the seal's own",
    )
  })

  test.each<[string, Fault, string]>([
    ['that is not there', truncatedObject('nothing'), 'there is no object nothing in'],
    ['without a key', disabledObjectKey(TODAY), 'is not encrypted with a key of KMS'],
    ['that is no archive', memberlessObject(TODAY), 'is no archive with a member SHA256SUMS.s'],
    ['without an older one', olderObject(YESTERDAY), 'is older than'],
  ])('%s is nothing to aim at', async (_what, fault, why) => {
    const refused = planFault(fault, on().cluster, context)
    await expect(refused).rejects.toThrow(CannotPlan)
    await expect(refused).rejects.toThrow(why)
  })

  test('that is destroyed has no version, and healing brings none back', async () => {
    const { cluster } = on()
    const witness = await provesFinal(cluster, destroyedObject(TODAY))
    expect(witness).toMatch(/answers 404 and has no version$/)
  })
})

test('a bucket that is missing stays so', async () => {
  const { cluster } = on()
  const witness = await provesFinal(cluster, missingBucket())
  expect(witness).toMatch(/refused with NoSuchBucket; \d+ objects are gone$/)
})
