import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ChainWriter, readChain, type Seal } from '../journal/chain.ts'
import type { ReadEntry } from '../journal/entry.ts'
import { type Authority, createAuthority, type IssuedCertificate } from '../lib/certificates.ts'
import { RunClock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'
import { KvImitation } from './kv-imitation.ts'
import { startReadBack } from './read-back.ts'
import { dataPath, numberedValue } from './value.ts'

let authority: Authority
let certificate: IssuedCertificate

beforeAll(async () => {
  authority = await createAuthority('read-back test')
  certificate = await authority.issue({ name: 'node', dnsNames: ['node.test'], ips: [] })
})

const pathOf = (n: number) => dataPath(`rpo/test/${n}`)

/** A ledger of so many writes, and a server that has them all as they were written. */
async function given(writes: number) {
  const directory = mkdtempSync(join(tmpdir(), 'drill-read-back-'))
  const clock = new RunClock()
  const ledger = new ChainWriter(join(directory, 'writes.jsonl'), clock)
  const kv = await KvImitation.start(certificate)
  onTestFinished(async () => {
    await kv.stop()
    rmSync(directory, { recursive: true })
  })
  for (let n = 1; n <= writes; n++) {
    const value = numberedValue(pathOf(n), n)
    ledger.append('sent', { n, path: pathOf(n), hash: value.sha, via: 'balancer' })
    kv.secrets.set(pathOf(n), { value, version: 1 })
  }
  ledger.close()
  const options = {
    clock,
    directory,
    ca: authority.ca,
    token: new Secret('root'),
    onDeath: () => {},
  }
  const target = (name: string) => ({
    name,
    host: '127.0.0.1',
    port: kv.port,
    servername: 'node.test',
  })
  const entries = async (seal?: Seal) => {
    const read: ReadEntry[] = []
    for await (const line of readChain(join(directory, 'reads.jsonl'), seal)) {
      read.push(line as ReadEntry)
    }
    return read
  }
  return { directory, kv, options, target, entries }
}

describe('the read-back', () => {
  test('reads every write of the ledger in each pass, in one sealed file', async () => {
    const { kv, options, target, entries } = await given(100)
    const readBack = await startReadBack(options)
    expect(readBack.ledger).toEqual({ writes: 100, registers: 0 })
    const counts = { present: 100, absent: 0, deleted: 0, unreadable: 0, altered: 0 }
    const balancer = await readBack.pass({ target: target('balancer'), as: 'balancer' })
    expect(balancer).toMatchObject({ node: 'balancer', ...counts })
    const standby = await readBack.pass({ target: target('vault-2'), as: 'standby' })
    expect(standby).toMatchObject({ node: 'vault-2', ...counts })
    const written = await entries(await readBack.stop())
    expect(
      written.filter(({ kind }) => kind !== 'read').map(({ kind, data }) => [kind, data]),
    ).toEqual([
      ['pass', { node: 'balancer', as: 'balancer', writes: 100, pid: readBack.pid }],
      ['pass.ended', { node: 'balancer', read: 100 }],
      ['pass', { node: 'vault-2', as: 'standby', writes: 100, pid: readBack.pid }],
      ['pass.ended', { node: 'vault-2', read: 100 }],
    ])
    const reads = written.filter(({ kind }) => kind === 'read')
    expect(reads).toHaveLength(200)
    expect(reads[0]?.data).toMatchObject({
      node: 'balancer',
      state: 'present',
      version: 1,
      intact: true,
      status: 200,
    })
    expect(readBack.pid).not.toBe(process.pid)
    expect(kv.connections).toBeLessThanOrEqual(32)
  })

  test('reads what stands before the half line of a writer that was killed', async () => {
    const { directory, options, target } = await given(5)
    appendFileSync(join(directory, 'writes.jsonl'), '{"seq":5,"t":12')
    const readBack = await startReadBack(options)
    expect(readBack.ledger).toEqual({
      writes: 5,
      registers: 0,
      broken: 'writes.jsonl: line 6 is not a complete entry',
    })
    const result = await readBack.pass({ target: target('vault-1'), as: 'leader' })
    expect(result).toMatchObject({ present: 5 })
    await readBack.stop()
  })

  test('reads the registers of a workload too: all versions once, the latest on each node', async () => {
    const { kv, directory, options, target, entries } = await given(1)
    const clock = new RunClock()
    const file = new ChainWriter(join(directory, 'ops.jsonl'), clock)
    file.append('workload', { pid: 1, clients: 8, operationsPerSecond: 100, seed: '7f3a' })
    const key = 'rpo/test/register/t1/hot-1'
    const about = { i: 1, client: 1, stream: 1, tenant: 't1', key, f: 'write', path: 'balancer' }
    file.append('call', { ...about, op: 'x', conn: 'keepalive', intended: 1, call: 2 })
    appendFileSync(join(directory, 'ops.jsonl'), '{"seq":2,"t":12')
    const [first, latest] = [1, 2].map((n) => ({ ...numberedValue(dataPath(key), n) }))
    kv.secrets.set(dataPath(key), {
      value: latest as Record<string, unknown>,
      version: 2,
      older: new Map([[1, { value: first as Record<string, unknown> }]]),
    })
    const readBack = await startReadBack(options)
    expect(readBack.ledger).toEqual({
      writes: 1,
      registers: 1,
      broken: 'ops.jsonl: line 3 is not a complete entry',
    })
    const balancer = await readBack.pass({ target: target('balancer'), as: 'balancer' })
    expect(balancer).toMatchObject({ present: 1, registerVersions: 2 })
    const standby = await readBack.pass({ target: target('vault-2'), as: 'standby' })
    expect(standby).toMatchObject({ present: 1, registerVersions: 1 })
    const written = await entries(await readBack.stop())
    expect(written.map(({ kind, data }) => [data.node, kind])).toEqual(
      [
        ['pass', 'read', 'pass.ended', 'register', 'version', 'version', 'registers.ended'].map(
          (kind) => ['balancer', kind],
        ),
        ['pass', 'read', 'pass.ended', 'register', 'version', 'registers.ended'].map((kind) => [
          'vault-2',
          kind,
        ]),
      ].flat(),
    )
    expect(written.at(-1)?.data).toEqual({
      node: 'vault-2',
      keys: 1,
      versions: 1,
      listed: 2,
      chosen: 'latest',
    })
  })

  test('does not start without a ledger', async () => {
    const { directory, options } = await given(1)
    rmSync(join(directory, 'writes.jsonl'))
    await expect(startReadBack(options)).rejects.toThrow('ENOENT')
  })
})
