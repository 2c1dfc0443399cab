import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { NotEncrypted, ObjectFiles } from './object-files.ts'

/** What the emulator never does; what it does is in the contract test. */

const KEY = 'f0e1d2c3-0000-4000-8000-000000000000'
const CONTENT = 'a snapshot'

/** A store that says what it is told to say of the encryption of what it takes. */
async function storeThatSays(headers: Readonly<Record<string, string>>) {
  const asked: { what: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    asked.push({ what: `${request.method} ${request.url}`, headers: request.headers })
    request.resume()
    request.on('end', () => {
      response.writeHead(request.method === 'DELETE' ? 204 : 200, {
        'x-amz-version-id': 'v1',
        ...headers,
      })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const files = await ObjectFiles.at({ host: '127.0.0.1', port })
  const folder = mkdtempSync(join(tmpdir(), 'drill-store-'))
  const path = join(folder, 'file')
  writeFileSync(path, CONTENT)
  onTestFinished(() => {
    files.close()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const sha256 = createHash('sha256').update(CONTENT).digest('hex')
  return { asked, upload: () => files.upload('bucket', 'a', path, { sha256, kmsKey: KEY }) }
}

test.each([
  ['says nothing of encryption', {}, 'the store answers nothing'],
  [
    'encrypts with its own key',
    { 'x-amz-server-side-encryption': 'AES256' },
    'the store answers AES256',
  ],
  [
    'encrypts with another key',
    {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:1:key/another',
    },
    'the store answers aws:kms arn:aws:kms:us-east-1:1:key/another',
  ],
])('what a store takes that %s is removed again', async (_what, headers, says) => {
  const { asked, upload } = await storeThatSays(headers)
  const error = await upload().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(NotEncrypted)
  expect(error.message).toContain(says)
  expect(asked.map(({ what }) => what.replace(/[?&]x-id=\w+/, ''))).toEqual([
    'PUT /bucket/a',
    'DELETE /bucket/a?versionId=v1',
  ])
})

test('a store is asked for encryption and told the sum of what it gets', async () => {
  const { asked, upload } = await storeThatSays({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': `arn:aws:kms:us-east-1:1:key/${KEY}`,
  })
  expect(await upload()).toMatchObject({ version: 'v1', bytes: CONTENT.length, parts: 1 })
  expect(asked[0]?.headers).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': KEY,
    'x-amz-checksum-sha256': createHash('sha256').update(CONTENT).digest('base64'),
    'x-amz-meta-sha256': createHash('sha256').update(CONTENT).digest('hex'),
  })
})
