import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { clientOf, serving } from '../../fixtures/responses/replay.ts'
import { Secret } from '../lib/secret.ts'
import type { Cluster } from './cluster.ts'
import { OldMachine } from './old-machine.ts'

/** What a server has by path; it takes every write, and passes it on to these. */
async function serverOf(
  status: number,
  has = new Map<string, string>(),
  ...others: (typeof has)[]
) {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const said: Buffer[] = []
    request.on('data', (piece) => said.push(piece))
    request.on('end', () => {
      if (path.endsWith('sys/health')) return response.writeHead(status).end('{}')
      if (status > 429) return response.writeHead(503).end('{"errors":["Vault is sealed"]}')
      if (request.method === 'GET') {
        const data = has.get(path)
        if (data === undefined) return response.writeHead(404).end('{"errors":[]}')
        const metadata = { version: 1, created_time: '' }
        return response.end(JSON.stringify({ data: { data: JSON.parse(data), metadata } }))
      }
      const { data } = JSON.parse(Buffer.concat(said).toString())
      for (const each of [has, ...others]) each.set(path, JSON.stringify(data))
      return response.end(JSON.stringify({ data: { version: 1 } }))
    })
  })
  return { client: clientOf(await serving(server)), has }
}

async function knowing() {
  const cluster = await serverOf(200)
  const old = await OldMachine.knowing({
    freshName: () => 'name',
    viaBalancer: () => cluster.client,
    custody: { token: new Secret('a-token') },
  } as unknown as Cluster)
  const disk = new Map(cluster.has)
  await old.changes()
  return { old, disk, cluster }
}

test('a machine that serves its disk and keeps writes to itself is stale, and loses them', async () => {
  const { old, disk } = await knowing()
  const machine = await serverOf(429, disk)
  await old.ask(machine)
  await old.ask(machine)
  expect(await old.said()).toEqual({ fresh: 0, stale: 2, acknowledged: 2, lost: 2 })
  expect(old.hasLed).toBe(false)
})

test('one that passes everything on is fresh, and loses nothing', async () => {
  const { old, cluster } = await knowing()
  await old.ask(await serverOf(429, cluster.has))
  expect(await old.said()).toEqual({ fresh: 1, stale: 0, acknowledged: 1, lost: 0 })
})

test('of one that refuses everything the refusals are told', async () => {
  const { old } = await knowing()
  await old.ask(await serverOf(530))
  expect(await old.said()).toEqual({ fresh: 0, stale: 0, acknowledged: 0, lost: 0 })
  expect(old.inWords).toBe(
    'asked 1 times: health "530" 1 times; a read "503 Vault is sealed" 1 times; a write "503 Vault is sealed" 1 times',
  )
})

test('one that calls itself the leader is seen', async () => {
  const { old } = await knowing()
  await old.ask(await serverOf(200))
  expect(old.hasLed).toBe(true)
})

test('one that is off has answered nothing', async () => {
  const { old } = await knowing()
  const server = createServer()
  const client = clientOf(await serving(server))
  await new Promise((closed) => server.close(closed))
  await old.ask({ client })
  expect(old.hasAnswered).toBe(false)
  await old.ask(await serverOf(530))
  expect(old.hasAnswered).toBe(true)
})
