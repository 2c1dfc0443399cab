import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Kms, newKey } from '../aws/kms.ts'
import { seconds } from '../lib/duration.ts'
import { type Address, HttpTarget } from '../lib/http.ts'
import { type ThrowAway, throwAway } from '../throw-away.ts'
import {
  awaitLocalstack,
  kmsCalls,
  LOCALSTACK_PORT,
  type Localstack,
  LocalstackEnded,
  startLocalstack,
} from './localstack.ts'

let place: ThrowAway
beforeAll(async () => {
  place = await throwAway()
})
afterAll(() => place?.remove())

async function start(n: number): Promise<{ localstack: Localstack; address: Address }> {
  const { reference, entrypoint } = await place.image('localstack')
  const localstack = await startLocalstack(place.docker.engine, {
    name: `drill-${place.run}-aws-${n}`,
    image: reference,
    entrypoint,
    network: place.network.name,
    ip: place.network.address(n),
    labels: place.labels,
    services: ['kms', 's3'],
    publish: true,
  })
  return { localstack, address: await place.dial(localstack.container, LOCALSTACK_PORT) }
}

describe('LocalStack that is ready', () => {
  let localstack: Localstack
  let address: Address
  beforeAll(async () => {
    const started = await start(2)
    localstack = started.localstack
    address = started.address
    await awaitLocalstack(localstack, address, ['kms', 's3'])
  })

  test('runs the services asked for, and only those', async () => {
    const target = new HttpTarget(address)
    const request = { method: 'GET', path: '/_localstack/health', within: seconds(5) } as const
    const { services } = JSON.parse((await target.request(request)).body.toString())
    await target.close()
    expect(services).toMatchObject({ kms: 'running', s3: 'running' })
    const others = Object.values({ ...services, kms: 'disabled', s3: 'disabled' })
    expect(new Set(others)).toEqual(new Set(['disabled']))
  })

  test('is at the address that pods were told', async () => {
    expect(localstack.ip).toBe(place.network.address(2))
    expect(await localstack.container.ip(place.network.name)).toBe(localstack.ip)
  })

  test('counts the calls of one operation that it answered well', async () => {
    const kms = await Kms.at(address)
    const key = newKey('alias/counted')
    await kms.seed(key)
    expect(await kmsCalls(localstack, 'Encrypt')).toBe(0)
    const blob = await kms.encrypt(key.alias, Buffer.from('text'))
    await kms.encrypt(key.alias, Buffer.from('text'))
    await expect(kms.encrypt('alias/nobody', Buffer.from('text'))).rejects.toThrow()
    await kms.decrypt(blob)
    expect(await kmsCalls(localstack, 'Encrypt')).toBe(2)
    expect(await kmsCalls(localstack, 'Decrypt')).toBe(1)
    kms.close()
  })

  test('keeps nothing over a restart: a run leaves it up', async () => {
    const kms = await Kms.at(address)
    await kms.seed(newKey('alias/forgotten'))
    await localstack.container.restart()
    const moved = await place.dial(localstack.container, LOCALSTACK_PORT)
    await awaitLocalstack(localstack, moved, ['kms', 's3'])
    kms.close()
    const again = await Kms.at(moved)
    await expect(again.describe('alias/forgotten')).rejects.toThrow()
    again.close()
  })
})

test('the wait for it ends at once when its process does, and says how', async () => {
  const { localstack, address } = await start(3)
  const waiting = awaitLocalstack(localstack, address, ['kms', 's3'])
  const startedMs = performance.now()
  setTimeout(() => void localstack.container.signal('SIGKILL'), 500)
  await expect(waiting).rejects.toThrow(LocalstackEnded)
  await expect(waiting).rejects.toThrow('LocalStack ended with exit code 137 while starting')
  expect(performance.now() - startedMs).toBeLessThan(5000)
})

test('the wait for it ends with the run', async () => {
  const { localstack, address } = await start(4)
  const stop = new AbortController()
  const reason = new Error('stopped by SIGINT')
  setTimeout(() => stop.abort(reason), 500)
  await expect(awaitLocalstack(localstack, address, ['kms'], stop.signal)).rejects.toBe(reason)
})
