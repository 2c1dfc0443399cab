import { afterAll, beforeAll, expect, test } from 'vitest'
import { milliseconds } from '../lib/duration.ts'
import { type Address, HttpTarget } from '../lib/http.ts'
import { type ThrowAway, throwAway } from '../throw-away.ts'
import { LinkRefused, Links } from './toxiproxy.ts'

const API = 8474
/** Both lead to the one server that a pod always has: Toxiproxy's own API. */
const LINKS = [
  { name: 'api-vault-2', listen: '0.0.0.0:8200', upstream: `127.0.0.1:${API}` },
  { name: 'raft-vault-2', listen: '0.0.0.0:8201', upstream: `127.0.0.1:${API}` },
]

let place: ThrowAway
let links: Links
let admin: HttpTarget
let through: Address
beforeAll(async () => {
  place = await throwAway()
  const { reference, entrypoint } = await place.image('toxiproxy')
  const pod = await place.container({
    name: 'pod',
    image: reference,
    entrypoint,
    command: ['-host', '0.0.0.0'],
    publish: [API, 8200],
  })
  await pod.start()
  const address = await place.dial(pod, API)
  through = await place.dial(pod, 8200)
  admin = new HttpTarget(address)
  links = new Links(address)
  await links.create(LINKS) // at once: Toxiproxy may not answer yet
})
afterAll(async () => {
  await admin?.close()
  await place?.remove()
})

async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
  const answer = await admin.request({
    method,
    path,
    within: milliseconds(5000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(answer.status, answer.body.toString()).toBeLessThan(300)
  return answer.body.toString()
}

/** Over a connection of its own, as a new client would see it. */
async function statusThroughLink(): Promise<number | string> {
  const target = new HttpTarget(through)
  try {
    const within = milliseconds(1000)
    return (await target.request({ method: 'GET', path: '/version', within })).status
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  } finally {
    await target.close()
  }
}

test('each link is there as it was planned, and data passes', async () => {
  const proxies = JSON.parse(await call('GET', '/proxies')) as Record<string, unknown>
  expect(Object.keys(proxies).toSorted()).toEqual(['api-vault-2', 'raft-vault-2'])
  for (const link of LINKS) {
    expect(proxies[link.name]).toMatchObject({
      ...link,
      listen: link.listen.replace('0.0.0.0', '[::]'),
      enabled: true,
    })
  }
  expect(await statusThroughLink()).toBe(200)
  expect(await links.residue()).toEqual([])
})

test('a disabled link is residue, and nothing passes', async () => {
  await call('POST', '/proxies/api-vault-2', { enabled: false })
  expect(await links.residue()).toEqual(['link api-vault-2 is disabled'])
  expect(await statusThroughLink()).not.toBe(200)
  await call('POST', '/proxies/api-vault-2', { enabled: true })
  expect(await links.residue()).toEqual([])
  expect(await statusThroughLink()).toBe(200)
})

test('every toxic is residue, by its name and its link', async () => {
  const toxic = (name: string) => ({ name, type: 'latency', attributes: { latency: 1 } })
  await call('POST', '/proxies/api-vault-2/toxics', toxic('slow'))
  await call('POST', '/proxies/raft-vault-2/toxics', toxic('slow-raft'))
  expect((await links.residue()).toSorted()).toEqual([
    'toxic slow on link api-vault-2',
    'toxic slow-raft on link raft-vault-2',
  ])
  await call('DELETE', '/proxies/api-vault-2/toxics/slow')
  await call('DELETE', '/proxies/raft-vault-2/toxics/slow-raft')
  expect(await links.residue()).toEqual([])
})

test('a listener that is taken is refused by name', async () => {
  const again = { name: 'again', listen: '0.0.0.0:8200', upstream: '127.0.0.1:1' }
  await expect(links.create([again])).rejects.toThrow(LinkRefused)
  await expect(links.create([again])).rejects.toThrow(
    'link again could not be made at 0.0.0.0:8200',
  )
  expect(Object.keys(JSON.parse(await call('GET', '/proxies')))).not.toContain('again')
})

test('where there is no Toxiproxy, the wait ends with the run', async () => {
  const stop = new AbortController()
  const reason = new Error('stopped')
  setTimeout(() => stop.abort(reason), 300)
  const nowhere = new Links({ host: '127.0.0.1', port: 1 })
  await expect(nowhere.create(LINKS, stop.signal)).rejects.toBe(reason)
  await expect(nowhere.residue()).rejects.toThrow()
})
