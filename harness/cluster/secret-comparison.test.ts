import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { VaultClient } from '../vault/client.ts'
import { type Comparison, compareSecrets, contentHash } from './secret-comparison.ts'

type Version = { readonly data: Record<string, string>; readonly at: number; readonly gone?: true }
/** By path: the versions of a secret, the oldest first. */
type Kept = Readonly<Record<string, readonly Version[]>>

const FROM_MS = Date.UTC(2026, 10, 23, 2, 0, 0)
const TO_MS = FROM_MS + 5000
const BEFORE = FROM_MS - 60_000
const DURING = FROM_MS + 2000
const SINCE = TO_MS + 60_000

const one = (value: string, at = BEFORE): Version => ({ data: { value }, at })

/** The three questions that the comparison asks, answered as both products do. */
async function serverWith(kept: Kept): Promise<VaultClient> {
  const answer = (url: URL): unknown => {
    const [, , , kind, ...parts] = url.pathname.split('/')
    const path = parts.join('/')
    if (url.searchParams.has('list')) {
      const below = Object.keys(kept).filter((each) => each.startsWith(`${path}/`))
      const names = below.map((each) => /^[^/]+\/?/.exec(each.slice(path.length + 1))?.[0])
      return names.length === 0 ? undefined : { keys: [...new Set(names)] }
    }
    const versions = kept[path]
    if (versions === undefined) return undefined
    const told = (each: Version) => ({
      created_time: new Date(each.at).toISOString(),
      deletion_time: each.gone ? new Date(SINCE).toISOString() : '',
      destroyed: false,
    })
    if (kind === 'metadata')
      return { versions: Object.fromEntries(versions.map((each, i) => [i + 1, told(each)])) }
    const number = Number(url.searchParams.get('version') ?? versions.length)
    const version = versions[number - 1]
    if (version === undefined) return undefined
    return {
      data: version.gone ? null : version.data,
      metadata: { ...told(version), version: number },
    }
  }
  const server = createServer((request, response) => {
    const data = answer(new URL(request.url ?? '', 'http://server'))
    response.statusCode = data === undefined ? 404 : 200
    response.end(JSON.stringify(data === undefined ? { errors: [] } : { data }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new VaultClient({ node: 'server', address: { host: '127.0.0.1', port } })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return client
}

test.each<[string, Kept, Kept, Partial<Comparison>]>([
  ['a secret that is as it was', { 't/a': [one('1')] }, { 't/a': [one('1')] }, { same: 1 }],
  [
    'one in a folder of folders',
    { 't/u/v/a': [one('1')], 't/u/b': [one('2')] },
    { 't/u/v/a': [one('1')], 't/u/b': [one('2')] },
    { same: 2 },
  ],
  [
    'one that was changed since',
    { 't/a': [one('1')] },
    { 't/a': [one('1'), one('2', SINCE)] },
    { same: 1 },
  ],
  [
    'one that has other content under the same version',
    { 't/a': [one('1')] },
    { 't/a': [one('another')] },
    { different: ['t/a'] },
  ],
  [
    'one that was deleted since',
    { 't/a': [one('1')] },
    { 't/a': [{ ...one('1'), gone: true }] },
    { deletedSince: 1 },
  ],
  ['one that was purged since', { 't/a': [one('1')] }, {}, { deletedSince: 1 }],
  [
    'one that was hidden at the time',
    { 't/a': [{ ...one('1'), gone: true }] },
    { 't/a': [one('1')] },
    {},
  ],
  [
    'one that the cluster had before and the backup has not',
    { 't/b': [one('2')] },
    { 't/a': [one('1')], 't/b': [one('2')] },
    { same: 1, missing: ['t/a'] },
  ],
  ['one that was written since', {}, { 't/a': [one('1', SINCE)] }, {}],
  ['one that was written meanwhile and is not there', {}, { 't/a': [one('1', DURING)] }, {}],
  [
    'one that was written meanwhile and is there',
    { 't/a': [one('1', DURING)] },
    { 't/a': [one('1', DURING)] },
    { same: 1 },
  ],
  [
    'one that is younger than the backup it is in',
    { 't/a': [one('1', SINCE)] },
    { 't/a': [one('1', SINCE)] },
    { same: 1, unexpected: ['t/a'] },
  ],
  ['one of another folder', { 'u/a': [one('1')] }, { 'u/a': [one('2')] }, {}],
])('%s is told as such', async (_what, then, now, told) => {
  const [restored, cluster] = [await serverWith(then), await serverWith(now)]
  const compared = { under: 't', fromMs: FROM_MS, toMs: TO_MS }
  const nothing = { same: 0, deletedSince: 0, different: [], missing: [], unexpected: [] }
  expect(await compareSecrets(restored, cluster, compared, new AbortController().signal)).toEqual({
    ...nothing,
    ...told,
  })
})

test('a content is the same in whatever order its fields come', () => {
  expect(contentHash({ a: '1', b: '2' })).toBe(contentHash({ b: '2', a: '1' }))
  expect(contentHash({ a: '1', b: '2' })).not.toBe(contentHash({ a: '2', b: '1' }))
})
