import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { type HttpAnswer, type HttpRequest, HttpTarget } from '../lib/http.ts'
import { type ThrowAway, throwAway } from '../throw-away.ts'
import {
  type AwsAnswer,
  type AwsProxySpec,
  awsProxyId,
  awsProxyLike,
  removeAwsProxy,
  startAwsProxy,
} from './aws-proxy.ts'
import type { Container } from './container.ts'

/** Toxiproxy's own API stands for the emulator: anything that is passed through reaches it. */
const UPSTREAM_PORT = 8474
const ENCRYPT = 'TrentService.Encrypt'

let place: ThrowAway
let balancer: Container
let upstream: string

beforeAll(async () => {
  place = await throwAway()
  const [toxiproxy, haproxy] = await Promise.all([place.image('toxiproxy'), place.image('haproxy')])
  const emulator = await place.container({
    name: 'emulator',
    image: toxiproxy.reference,
    entrypoint: toxiproxy.entrypoint,
    command: ['-host', '0.0.0.0'],
  })
  await emulator.start()
  upstream = `${await emulator.ip(place.network.name)}:${UPSTREAM_PORT}`
  // Never started: only what it was made from matters here.
  balancer = await place.container({
    name: 'balancer',
    image: haproxy.reference,
    entrypoint: haproxy.entrypoint,
  })
})
afterAll(() => place?.remove())

type Ask = (request: Partial<HttpRequest>) => Promise<HttpAnswer>

/** A started proxy with this answer, and how to ask it. */
async function proxied(answer: AwsAnswer): Promise<{ spec: AwsProxySpec; ask: Ask }> {
  const spec = await awsProxyLike(place.docker, balancer, {
    name: `drill-${place.run}-proxy`,
    network: place.network.name,
    upstream,
    answer,
  })
  const [host = '', port] = (await startAwsProxy(place.docker, spec)).split(':')
  const target = new HttpTarget({ host, port: Number(port) })
  onTestFinished(async () => {
    await target.close()
    await removeAwsProxy(place.docker, spec)
  })
  return {
    spec,
    ask: (request) =>
      target.request({ method: 'GET', path: '/version', within: seconds(5), ...request }),
  }
}

test('one operation of the KMS gets the answer, every other request the emulator’s', async () => {
  const { spec, ask } = await proxied({
    service: 'kms',
    operations: ['Encrypt', 'Decrypt'],
    status: 400,
    code: 'ThrottlingException',
    message: 'Rate exceeded',
  })
  const refused = await ask({ method: 'POST', path: '/', headers: { 'X-Amz-Target': ENCRYPT } })
  expect(refused.status).toBe(400)
  expect(refused.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': 'ThrottlingException',
  })
  expect(JSON.parse(refused.body.toString())).toMatchObject({ __type: 'ThrottlingException' })
  const described = await ask({ headers: { 'X-Amz-Target': 'TrentService.DescribeKey' } })
  expect(described.status).toBe(200)
  expect(JSON.parse(described.body.toString())).toHaveProperty('version')

  await removeAwsProxy(place.docker, spec)
  await removeAwsProxy(place.docker, spec)
  expect(await awsProxyId(place.docker, spec)).toBeUndefined()
})

test('an upload below one path is denied in XML after a while, other requests at once pass', async () => {
  const { ask } = await proxied({
    service: 's3',
    operations: ['PUT'],
    path: '/backups/',
    status: 403,
    code: 'AccessDenied',
    message: 'Access Denied',
    delayMs: 400,
  })
  const took = async (request: Partial<HttpRequest>): Promise<readonly [number, HttpAnswer]> => {
    const from = performance.now()
    const answer = await ask(request)
    return [performance.now() - from, answer]
  }
  const body = 'x'.repeat(1_000_000)
  const [waited, denied] = await took({ method: 'PUT', path: '/backups/raft.snap', body })
  expect(denied.status).toBe(403)
  expect(denied.body.toString()).toContain('<Code>AccessDenied</Code>')
  expect(waited).toBeGreaterThanOrEqual(390)
  const [passed, got] = await took({})
  expect(got.status).toBe(200)
  expect(passed).toBeLessThan(350)
  expect((await ask({ method: 'PUT', path: '/others/x' })).status).not.toBe(403)
})
