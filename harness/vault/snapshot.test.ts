import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, recorded, replaying, serving } from '../../fixtures/responses/replay.ts'
import { restoreSnapshot, SnapshotIncomplete, saveSnapshot } from './snapshot.ts'

const fixture = (product: string) =>
  join(import.meta.dirname, '../../fixtures/responses', product, 'leader.snap')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const sending = async (content: Buffer) =>
  clientOf(await serving(createServer((_request, response) => response.end(content))))

describe.each(['openbao', 'vault'] as const)('a snapshot of %s', (product) => {
  const snapshot = readFileSync(fixture(product))

  test('is saved whole, for its owner only, with its size and hash', async () => {
    const file = join(folder(), 'a.snap')
    const saved = await saveSnapshot(await sending(snapshot), file)
    expect(saved).toEqual({
      file,
      bytes: snapshot.length,
      sha256: createHash('sha256').update(snapshot).digest('hex'),
    })
    expect(readFileSync(file).equals(snapshot)).toBe(true)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test.each([0, 10, 0.5, 0.99])(
    'cut off at %f by a server that says 200 is not saved',
    async (at) => {
      const path = folder()
      const kept = snapshot.subarray(0, at < 1 ? Math.floor(snapshot.length * at) : at)
      const call = saveSnapshot(await sending(kept), join(path, 'a.snap'))
      await expect(call).rejects.toThrow(SnapshotIncomplete)
      expect(readdirSync(path)).toEqual([])
    },
  )

  test('is restored as the bytes of its file', async () => {
    const received: Buffer[] = []
    let asked = ''
    const server = createServer(async (request, response) => {
      asked = `${request.method} ${request.url} ${request.headers['content-length']}`
      for await (const chunk of request) received.push(chunk)
      response.writeHead(204).end()
    })
    await restoreSnapshot(clientOf(await serving(server)), fixture(product), { force: true })
    expect(asked).toBe(`POST /v1/sys/storage/raft/snapshot-force ${snapshot.length}`)
    expect(Buffer.concat(received).equals(snapshot)).toBe(true)
  })

  test('that is damaged is refused with the reason', async () => {
    const { status, body } = recorded(product, 'snapshot', 'restore of a damaged file').response
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(status).end(JSON.stringify(body)))
    })
    const call = restoreSnapshot(clientOf(await serving(server)), fixture(product))
    await expect(call).rejects.toThrow('failed to decompress snapshot')
  })
})

test('a connection that breaks leaves no file', async () => {
  const snapshot = readFileSync(fixture('openbao'))
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': snapshot.length })
    response.write(snapshot.subarray(0, 5000), () => response.destroy())
  })
  const path = folder()
  const call = saveSnapshot(clientOf(await serving(server)), join(path, 'a.snap'))
  await expect(call).rejects.toMatchObject({ name: 'RequestFailed' })
  expect(readdirSync(path)).toEqual([])
})

test('a standby of Vault gives no snapshot', async () => {
  const path = folder()
  const client = await replaying('vault', 'snapshot', 'on a standby')
  await expect(saveSnapshot(client, join(path, 'a.snap'))).rejects.toMatchObject({ status: 307 })
  expect(readdirSync(path)).toEqual([])
})

test('what is missing from a snapshot is named', async () => {
  const call = saveSnapshot(await sending(Buffer.alloc(0)), join(folder(), 'a.snap'))
  await expect(call).rejects.toThrowErrorMatchingInlineSnapshot(
    `[SnapshotIncomplete: the snapshot of vault-1 is incomplete: its 0 bytes lack meta.json, state.bin, SHA256SUMS, SHA256SUMS.sealed (the file is empty)]`,
  )
})
