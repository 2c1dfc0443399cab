import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import type { Cluster } from './cluster.ts'
import { changedBetween, mountPrint } from './mount-print.ts'
import type { Node } from './node.ts'

/** By path: what a server answers of the secret's metadata and data. */
type Kept = Record<string, { metadata: unknown; data: unknown }>

/** A cluster whose leader answers from this; what is changed in it shows at the next question. */
async function clusterWith(kept: Kept) {
  const server = createServer(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://server')
    const [, , , what, ...parts] = pathname.split('/')
    const path = parts.join('/')
    const below = Object.keys(kept).filter((each) => each.startsWith(path))
    const names = below.map((each) => /^[^/]+\/?/.exec(each.slice(path.length))?.[0])
    const list = names.length === 0 ? undefined : { keys: [...new Set(names)] }
    const data = searchParams.has('list') ? list : kept[path]?.[what as 'metadata' | 'data']
    response.statusCode = data === undefined ? 404 : 200
    response.end(JSON.stringify(data === undefined ? { errors: [] } : { request_id: url, data }))
  })
  const client = clientOf(await serving(server))
  return {
    leader: async () => ({ name: 'vault-1' }) as Node,
    onNode: () => client,
  } satisfies Pick<Cluster, 'leader' | 'onNode'>
}

const secret = (value: string, metadata: unknown = { current_version: 1 }) => ({
  metadata,
  data: { data: { value }, metadata: { version: 1 } },
})
const both = () => ({ 'tenants/a/1': secret('one'), 'tenants/b/1': secret('two'), top: secret('') })

test('of a mount in which nothing happens nothing has changed', async () => {
  const cluster = await clusterWith(both())
  const before = await mountPrint(cluster)
  expect([...before.keys()].toSorted()).toEqual(['tenants/a/1', 'tenants/b/1', 'top'])
  expect(changedBetween(before, await mountPrint(cluster))).toEqual([])
})

test.each<[string, (kept: Kept) => void, readonly string[]]>([
  ['a secret with another value', (kept) => Object.assign(kept, { top: secret('x') }), ['top']],
  [
    'one with another note in its metadata',
    (kept) => Object.assign(kept, { top: secret('', { custom_metadata: { owner: 'x' } }) }),
    ['top'],
  ],
  ['one more', (kept) => Object.assign(kept, { 'other/1': secret('') }), ['other/1']],
  [
    'one that is gone',
    (kept) => {
      delete kept['tenants/a/1']
    },
    ['tenants/a/1'],
  ],
  ['a write of the lanes', (kept) => Object.assign(kept, { 'rpo/x/1': secret('1') }), []],
])('%s is told by its path, unless clients write there all the time', async (_w, change, told) => {
  const kept: Kept = both()
  const cluster = await clusterWith(kept)
  const before = await mountPrint(cluster)
  change(kept)
  expect(changedBetween(before, await mountPrint(cluster))).toEqual(told)
})

test('fields in another order are the same answer', async () => {
  const kept: Kept = { top: secret('', { a: { x: 1, y: [2] }, b: 3 }) }
  const cluster = await clusterWith(kept)
  const before = await mountPrint(cluster)
  kept.top = secret('', { b: 3, a: { y: [2], x: 1 } })
  expect(changedBetween(before, await mountPrint(cluster))).toEqual([])
})
