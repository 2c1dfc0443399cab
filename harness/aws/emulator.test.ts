import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { milliseconds } from '../lib/duration.ts'
import { AwsError } from './emulator.ts'
import { Kms, newKey } from './kms.ts'

async function kmsOf(listener: RequestListener): Promise<Kms> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const kms = await Kms.at({ host: '127.0.0.1', port })
  onTestFinished(() => {
    kms.close()
    server.closeAllConnections()
    server.close()
  })
  return kms
}

test('a failure is named by its operation and by the code of AWS', async () => {
  const kms = await kmsOf((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end('{"__type":"DisabledException","message":"the key is disabled."}')
  })
  const error = await kms.decrypt(Buffer.from('blob')).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(AwsError)
  expect(error).toMatchObject({
    operation: 'kms:Decrypt',
    code: 'DisabledException',
    status: 400,
    message: 'kms:Decrypt failed: DisabledException: the key is disabled.',
  })
})

test('a call is sent once, however it fails', async () => {
  let asked = 0
  const kms = await kmsOf((_request, response) => {
    asked++
    response.writeHead(503).end('{}')
  })
  await expect(kms.describe('alias/a')).rejects.toMatchObject({ status: 503 })
  expect(asked).toBe(1)
})

test('a call without an answer ends at its own deadline', async () => {
  const kms = await kmsOf(() => {})
  const call = kms.describe('alias/a', { within: milliseconds(50) })
  await expect(call).rejects.toThrow('kms:DescribeKey: no answer within 50 ms')
})

test('a call that its caller stops ends with the caller’s reason', async () => {
  const stop = new AbortController()
  const kms = await kmsOf(() => stop.abort(new Error('the run was stopped')))
  const call = kms.describe('alias/a', { signal: stop.signal })
  await expect(call).rejects.toThrow('the run was stopped')
})

test('the account is the access key and the region the emulator’s, whatever the user has set', async () => {
  let authorization = ''
  const kms = await kmsOf((request, response) => {
    authorization = request.headers.authorization ?? ''
    response.end('{"KeyMetadata":{"KeyId":"a","Arn":"arn","KeyState":"Enabled"}}')
  })
  expect(await kms.describe('alias/a')).toEqual({ arn: 'arn', state: 'Enabled' })
  expect(authorization).toMatch(/Credential=123456789012\/\d{8}\/us-east-1\/kms\/aws4_request/)
})

test('a new key has an id, an alias and a material that does not show', () => {
  const key = newKey('alias/drill-unseal')
  expect(key.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(Buffer.from(key.material.reveal(), 'base64')).toHaveLength(32)
  expect(JSON.stringify(key)).not.toContain(key.material.reveal())
  expect(newKey('alias/drill-unseal').id).not.toBe(key.id)
})
