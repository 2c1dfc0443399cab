import { describe, expect, onTestFinished, test } from 'vitest'
import type { ReadData } from '../journal/entry.ts'
import { type History, HistoryBuilder } from '../journal/history.ts'
import type { OperationEntry } from '../journal/operation.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import { Seed } from '../lib/seed.ts'
import { KvImitation, reply } from './kv-imitation.ts'
import { type RegisterReadOptions, readRegisters } from './register-read-out.ts'
import { dataPath, numberedValue } from './value.ts'

/** A history whose clients did nothing but read these registers. */
function historyOf(keys: readonly string[]): History {
  const builder = new HistoryBuilder()
  const add = (kind: string, data: object) =>
    builder.add({ seq: 0, t: 0, prev: '', kind, data } as unknown as OperationEntry)
  add('workload', { pid: 1, clients: 1, operationsPerSecond: 1, seed: 'x' })
  keys.forEach((key, i) => {
    const who = { i: i + 1, client: 1, stream: 1, tenant: 't1', path: 'balancer' }
    add('call', { ...who, key, f: 'read', conn: 'keepalive', intended: i * 10, call: i * 10 })
    add('return', { i: i + 1, ret: i * 10 + 5, out: { t: 'ack', val: null } })
  })
  return builder.finish() as History
}

/** A server on which each register has so many versions; gives the ids of their values. */
async function given(registers: Readonly<Record<string, number>>) {
  const kv = await KvImitation.start()
  onTestFinished(() => kv.stop())
  const ops: Record<string, string[]> = {}
  for (const [key, versions] of Object.entries(registers)) {
    const path = dataPath(key)
    const values = Array.from({ length: versions }, (_, i) => numberedValue(path, i + 1))
    ops[key] = values.map(({ op }) => op)
    const older = new Map(values.slice(0, -1).map((value, i) => [i + 1, { value: { ...value } }]))
    const value = values.at(-1)
    if (value !== undefined) kv.secrets.set(path, { value: { ...value }, version: versions, older })
  }
  const readOut = async (
    depth: RegisterReadOptions['depth'] = 'versions',
    within: Duration = seconds(5),
  ) => {
    const lines: (ReadData['register'] | ReadData['version'])[] = []
    const read = await readRegisters({
      node: 'vault-1',
      address: { host: '127.0.0.1', port: kv.port },
      tls: undefined,
      headers: { 'x-vault-token': 'root' },
      history: historyOf(Object.keys(registers)),
      seed: new Seed('7f3a'),
      depth,
      within,
      onRegister: (register) => lines.push(register),
      onVersion: (version) => lines.push(version),
    })
    return { read, lines }
  }
  return { kv, ops, readOut }
}

const node = 'vault-1'

describe('the read-out of the registers', () => {
  test('lists the versions of each, then reads every one', async () => {
    const { kv, ops, readOut } = await given({ a: 3 })
    const { read, lines } = await readOut()
    expect(read).toEqual({ keys: 1, versions: 3, listed: 3, chosen: 'all' })
    expect(lines[0]).toEqual({
      node,
      key: 'a',
      state: 'present',
      current: 3,
      versions: [{ version: 1 }, { version: 2 }, { version: 3 }],
    })
    expect(lines.slice(1)).toEqual(
      [1, 2, 3].map((version) => ({
        ...{ node, key: 'a', version, state: 'present', intact: true },
        op: ops.a?.[version - 1],
      })),
    )
    expect(kv.requests).toEqual([
      'GET /v1/secret/metadata/a',
      ...[1, 2, 3].map((version) => `GET /v1/secret/data/a?version=${version}`),
    ])
  })

  test('reads only the latest of each where that is enough', async () => {
    const { readOut } = await given({ a: 3, b: 1, never: 0 })
    const { read, lines } = await readOut('latest')
    expect(read).toEqual({ keys: 3, versions: 2, listed: 4, chosen: 'latest' })
    expect(lines.slice(3)).toMatchObject([
      { key: 'a', version: 3 },
      { key: 'b', version: 1 },
    ])
  })

  test('tells deleted, absent, damaged, exchanged and altered ones apart', async () => {
    const registers = { deleted: 1, absent: 0, damaged: 1, exchanged: 1, altered: 1, other: 2 }
    const { kv, readOut } = await given(registers)
    const stored = (key: string) => kv.secrets.get(dataPath(key)) as { value: object }
    Object.assign(stored('deleted'), { deleted: true })
    stored('exchanged').value = stored('altered').value
    stored('altered').value = { ...stored('altered').value, pad: 'x' }
    kv.intercept = (request, response) => {
      if (request.url?.startsWith(dataPath('damaged')) === true) {
        reply(response, 500, { errors: ['could not find version data'] })
        return true
      }
      if (request.url !== `${dataPath('other')}?version=1`) return false
      const value = numberedValue(dataPath('other'), 9)
      reply(response, 200, { data: { data: value, metadata: { version: 2 } } })
      return true
    }
    const { lines } = await readOut()
    const about = (key: string) =>
      lines.filter((line) => line.key === key).map(({ node: _node, key: _key, ...rest }) => rest)
    expect(about('deleted')).toEqual([
      { state: 'present', current: 1, versions: [{ version: 1, deleted: true }] },
      { version: 1, state: 'deleted' },
    ])
    expect(about('absent')).toEqual([{ state: 'absent', current: 0, versions: [] }])
    expect(about('damaged')[1]).toEqual({
      ...{ version: 1, state: 'unreadable', intact: false },
      why: '500 could not find version data',
    })
    expect(about('exchanged')[1]).toMatchObject({
      ...{ version: 1, state: 'present', intact: false },
      why: 'its value belongs to /v1/secret/data/altered',
    })
    expect(about('altered')[1]).toMatchObject({
      ...{ version: 1, state: 'present', intact: false },
      why: 'its value is not what its checksum says',
    })
    expect(about('other')[1]).toMatchObject({
      ...{ version: 1, state: 'present', intact: false },
      why: 'the answer is version 2',
    })
  })

  test('asks again what said nothing, and says it when that was in vain', async () => {
    const { kv, readOut } = await given({ late: 1, hidden: 1 })
    let refusals = 0
    kv.intercept = ({ url = '' }, response) => {
      const isLate = url.startsWith(dataPath('late')) && refusals++ === 0
      if (!isLate && url !== '/v1/secret/metadata/hidden') return false
      reply(response, 503, { errors: ['Vault is sealed'] })
      return true
    }
    const { read, lines } = await readOut()
    expect(read).toMatchObject({ keys: 2, versions: 1 })
    expect(lines).toContainEqual({
      ...{ node, key: 'hidden', state: 'unreadable', current: 0, versions: [] },
      why: '503 Vault is sealed, asked 3 times',
    })
    expect(lines).toContainEqual(
      expect.objectContaining({ key: 'late', version: 1, state: 'present', intact: true }),
    )
  })

  test('ends in time, and says of whom it learnt nothing', async () => {
    const { kv, readOut } = await given({ a: 2 })
    kv.intercept = ({ url = '' }) => url.startsWith(dataPath('a'))
    const startedMs = performance.now()
    const { lines } = await readOut('versions', milliseconds(600))
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    expect(lines).toHaveLength(3)
    for (const line of lines.slice(1)) {
      expect(line).toEqual({
        ...{ node, key: 'a', version: expect.any(Number), state: 'unreadable' },
        why: 'TIMEOUT after sending',
      })
    }
  })
})
