import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ReadData } from '../journal/entry.ts'
import { type Authority, createAuthority, type IssuedCertificate } from '../lib/certificates.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import { KvImitation, reply } from './kv-imitation.ts'
import { type NumberedWrite, readAll } from './read-pass.ts'
import { dataPath, numberedValue } from './value.ts'

let authority: Authority
let certificate: IssuedCertificate

beforeAll(async () => {
  authority = await createAuthority('read pass test')
  certificate = await authority.issue({ name: 'node', dnsNames: ['node.test'], ips: [] })
})

const pathOf = (n: number) => dataPath(`rpo/test/${n}`)

/** So many writes, and a server that has them all as they were written. */
async function given(count: number) {
  const kv = await KvImitation.start(certificate)
  onTestFinished(() => kv.stop())
  const writes: NumberedWrite[] = []
  for (let n = 1; n <= count; n++) {
    const value = numberedValue(pathOf(n), n)
    writes.push({ n, path: pathOf(n), hash: value.sha })
    kv.secrets.set(pathOf(n), { value, version: 1 })
  }
  const pass = async (within: Duration = seconds(5)) => {
    const reads: ReadData['read'][] = []
    const counts = await readAll({
      node: 'vault-1',
      address: { host: '127.0.0.1', port: kv.port },
      tls: { ca: authority.ca, servername: 'node.test' },
      headers: { 'x-vault-token': 'root' },
      writes,
      within,
      onRead: (read) => reads.push(read),
    })
    return { counts, reads: reads.toSorted((a, b) => a.n - b.n) }
  }
  return { kv, pass }
}

describe('one pass over all writes', () => {
  test('reads each once, over few connections', async () => {
    const { kv, pass } = await given(200)
    const { counts, reads } = await pass()
    expect(counts).toEqual({ present: 200, absent: 0, deleted: 0, unreadable: 0, altered: 0 })
    expect(reads.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(kv.requests).toHaveLength(200)
    expect(kv.connections).toBe(16)
  })

  test('finds what is lost, altered, exchanged, deleted, written twice or damaged', async () => {
    const { kv, pass } = await given(8)
    const stored = (n: number) => kv.secrets.get(pathOf(n))?.value ?? {}
    kv.secrets.delete(pathOf(2))
    kv.secrets.set(pathOf(3), { value: { ...stored(3), pad: 'altered' }, version: 1 })
    kv.secrets.set(pathOf(4), { value: stored(5), version: 1 })
    kv.secrets.set(pathOf(6), { value: {}, version: 1, deleted: true })
    kv.secrets.set(pathOf(7), { value: stored(7), version: 2 })
    kv.intercept = (request, response) => {
      if (request.url !== pathOf(8)) return false
      reply(response, 500, { errors: ['1 error occurred:\n\t* could not find version data\n\n'] })
      return true
    }
    const { counts, reads } = await pass()
    expect(counts).toEqual({ present: 5, absent: 1, deleted: 1, unreadable: 1, altered: 3 })
    expect(reads.map(({ n: _n, node: _node, ...read }) => read)).toEqual([
      { state: 'present', version: 1, intact: true, status: 200 },
      { state: 'absent', status: 404 },
      { state: 'present', version: 1, intact: false, status: 200 },
      { state: 'present', version: 1, intact: false, status: 200 },
      { state: 'present', version: 1, intact: true, status: 200 },
      { state: 'deleted', version: 1, status: 404 },
      { state: 'present', version: 2, intact: true, status: 200 },
      { state: 'unreadable', status: 500, why: '500 could not find version data' },
    ])
  })

  test('asks again what gave no answer, and takes the later answer', async () => {
    const { kv, pass } = await given(20)
    const asked = new Set<string | undefined>()
    kv.intercept = (request, response) => {
      if (asked.has(request.url)) return false
      asked.add(request.url)
      reply(response, 503, { errors: ['Vault is sealed'] })
      return true
    }
    const { counts, reads } = await pass()
    expect(counts).toMatchObject({ present: 20, unreadable: 0 })
    expect(reads).toHaveLength(20)
  })

  test('says why it could not read, and asks no more than three times', async () => {
    const { kv, pass } = await given(2)
    kv.intercept = (request, response) => {
      if (request.url === pathOf(1)) request.socket.destroy()
      else reply(response, 404, { errors: ['no handler for route "secret/data/x"'] })
      return true
    }
    const { counts, reads } = await pass()
    expect(counts).toMatchObject({ absent: 0, unreadable: 2, altered: 0 })
    const read = { node: 'vault-1', state: 'unreadable' }
    const why = '404 no handler for route "secret/data/x", asked 3 times'
    expect(reads).toEqual([
      { n: 1, ...read, why: 'UND_ERR_SOCKET after sending, asked 3 times' },
      { n: 2, ...read, status: 404, why },
    ])
    expect(kv.requests).toHaveLength(6)
  })

  test('ends at its limit and accounts for every write', async () => {
    const { kv, pass } = await given(60)
    kv.intercept = () => true
    const { counts, reads } = await pass(milliseconds(200))
    expect(counts).toMatchObject({ unreadable: 60 })
    const whys = reads.map(({ why = '' }) => why)
    const asked = whys.filter((why) => /^(CONNECT_)?TIMEOUT/.test(why)).length
    expect(asked).toBeGreaterThanOrEqual(16)
    expect(asked).toBeLessThan(60)
    const notAsked = whys.filter((why) => why === 'not asked: the pass was over after 200 ms')
    expect(notAsked).toHaveLength(60 - asked)
  })
})
