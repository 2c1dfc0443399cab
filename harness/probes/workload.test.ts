import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ChainBroken, ChainWriter, readChain, type Seal } from '../journal/chain.ts'
import { type History, HistoryBuilder, type Op } from '../journal/history.ts'
import { OPERATIONS_FILE, type OperationData, type OperationEntry } from '../journal/operation.ts'
import type { ChildDied } from '../lib/child.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { Seed } from '../lib/seed.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { KvImitation } from './kv-imitation.ts'
import { startWorkload, type Workload, type WorkloadOptions } from './workload.ts'

/** Faster than in a run, so that a test needs a second. */
const HASTE = { clients: 4, operationsPerSecond: 250 }

async function given(options: Partial<WorkloadOptions> = {}) {
  const made = await makeGiven(options)
  onTestFinished(made.remove)
  return made
}

async function makeGiven(options: Partial<WorkloadOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'drill-workload-'))
  const kv = await KvImitation.start()
  let started: Workload | undefined
  const remove = async () => {
    await started?.kill()
    await kv.stop()
    rmSync(directory, { recursive: true })
  }
  const deaths: ChildDied[] = []
  const file = join(directory, OPERATIONS_FILE)
  const start = async () => {
    started = await startWorkload({
      clock: new RunClock(),
      directory,
      balancer: { name: 'balancer', host: '127.0.0.1', port: kv.port, servername: 'balancer' },
      token: new Secret('root'),
      prefix: 'rpo/test',
      seed: new Seed('7f3a'),
      ...HASTE,
      ...options,
      onDeath: (death) => deaths.push(death),
    })
    await started.start()
    return started
  }
  return { kv, directory, file, start, deaths, remove }
}

/** Operations that the file has a call of and no answer yet; reads on from where it was. */
function callsIn(file: string): () => readonly OperationData['call'][] {
  const open = new Map<number, OperationData['call']>()
  let read = 0
  return () => {
    const text = readFileSync(file, 'utf8').slice(read)
    const whole = text.slice(0, text.lastIndexOf('\n') + 1) // the writer may be inside a line
    read += whole.length
    for (const line of whole.split('\n').slice(0, -1)) {
      const { kind, data } = JSON.parse(line) as OperationEntry
      if (kind === 'call') open.set(data.i, data)
      if (kind === 'return') open.delete(data.i)
    }
    return [...open.values()]
  }
}

/** Whether one of the operations under way is what this request does. */
function isAnnounced(
  calls: readonly OperationData['call'][],
  method: string,
  url: string,
  body: string,
): boolean {
  const op = method === 'POST' ? JSON.parse(body).data.op : undefined
  const f = { GET: 'read', POST: 'write', DELETE: 'delete' }[method]
  return calls.some(
    (call) => url === `/v1/secret/data/${call.key}` && call.f === f && call.op === op,
  )
}

const requests = (kv: KvImitation, count: number) =>
  until(
    `${count} requests were sent`,
    async () =>
      kv.requests.length >= count ? happened(true) : notYet(`${kv.requests.length} so far`),
    { within: seconds(25), every: milliseconds(20) },
  )

async function historyIn(file: string, seal?: Seal): Promise<History> {
  const builder = new HistoryBuilder()
  for await (const line of readChain(file, seal)) builder.add(line as OperationEntry)
  return builder.finish() as History
}

const ofClient = ({ ops }: History, client: number) => ops.filter((op) => op.client === client)

/** What the client knew last about the register of an operation. */
const seenBefore = (history: History, op: Op): number => {
  const before = ofClient(history, op.client).filter(({ key, i }) => key === op.key && i < op.i)
  const versions = before.map(({ out }) => (out.t === 'ack' ? out.ver : undefined))
  return versions.findLast((version) => version !== undefined) ?? 0
}

describe('the workload, when nothing goes wrong', () => {
  /** Requests that the file did not announce at the moment they arrived. */
  const unannounced: string[] = []
  let history: History
  let connections: number
  let sent: number
  let pid: number

  beforeAll(async () => {
    const { kv, file, start, remove } = await makeGiven()
    const underWay = callsIn(file)
    kv.intercept = async ({ method = '', url = '' }, _response, body) => {
      if (!isAnnounced(underWay(), method, url, body)) unannounced.push(`${method} ${url}`)
      await sleep(5)
      return false
    }
    const workload = await start()
    await requests(kv, 250)
    history = await historyIn(file, await workload.stop())
    connections = kv.connections
    sent = kv.requests.length
    pid = workload.pid
    await remove()
  }, 30_000)

  test('has each operation on disk before its request, and its answer after it', () => {
    expect(unannounced).toEqual([])
    expect(history).toMatchObject({ pid, ...HASTE, disorder: [] })
    expect(history.ops).toHaveLength(sent)
    expect(new Set(history.ops.map(({ out }) => out.t))).toEqual(new Set(['ack', 'casfail']))
  })

  test('is done by sequential clients, each over its one connection', () => {
    expect(connections).toBe(HASTE.clients)
    for (const client of [1, 2, 3, 4]) {
      const ops = ofClient(history, client)
      expect(ops.length).toBeGreaterThan(20)
      expect(new Set(ops.map(({ stream }) => stream)).size).toBe(1)
      expect(ops.every((op, i) => i === 0 || op.call >= (ops[i - 1]?.ret ?? 0))).toBe(true)
    }
  })

  test('has its clients meet on hot registers, and there only at the same instants', () => {
    const together = (of: string) => {
      const ops = history.ops.filter(({ key }) => key.includes(of))
      return ops.filter((op) => ops.some((other) => op !== other && op.intended === other.intended))
    }
    expect(together('/hot-').length).toBeGreaterThan(10)
    expect(together('/warm-')).toEqual([])
    const overlapping = history.ops.filter((op) =>
      history.ops.some((other) => op.key === other.key && op.i < other.i && other.call < op.ret),
    )
    expect(overlapping.length).toBeGreaterThan(10)
  })

  test('expects the version that the client saw last, or deliberately the one before', () => {
    const conditional = history.ops.filter(({ cas }) => cas !== undefined)
    expect(conditional.length).toBeGreaterThan(5)
    for (const op of conditional) {
      const seen = seenBefore(history, op)
      expect([seen, Math.max(0, seen - 1)]).toContain(op.cas)
      expect(op.f).toBe('write')
    }
    expect(new Set(conditional.map(({ out }) => out.t))).toEqual(new Set(['ack', 'casfail']))
    for (const { out, cas } of conditional) {
      if (out.t === 'ack') expect(out.ver).toBe((cas as number) + 1)
    }
  })

  test('deletes only what is there to be deleted, and sees it afterwards', () => {
    const deletes = history.ops.filter(({ f }) => f === 'delete')
    expect(deletes.length).toBeGreaterThan(3)
    for (const { key, out } of deletes) {
      expect(key).toMatch(/^rpo\/test\/register\/t1\/deletable-\d+$/)
      expect(out).toEqual({ t: 'ack' })
    }
    const seen = history.ops.filter(({ f, out }) => f === 'read' && out.t === 'ack' && out.deleted)
    expect(seen.length).toBeGreaterThan(0)
  })
})

describe('the workload', () => {
  test('reads what an unknown change may have changed, in a new stream', async () => {
    const { kv, file, start } = await given()
    let resets = 0
    kv.intercept = ({ method, socket }) => {
      if (method !== 'POST' || resets >= 3) return false
      resets++
      socket.resetAndDestroy()
      return true
    }
    const workload = await start()
    await requests(kv, 100)
    const history = await historyIn(file, await workload.stop())
    expect(history.disorder).toEqual([])
    const unknown = history.ops.filter(({ out }) => out.t === 'unknown')
    expect(unknown.map(({ f, ret }) => [f, ret])).toEqual(
      Array(3).fill(['write', Number.POSITIVE_INFINITY]),
    )
    for (const op of unknown) {
      const next = ofClient(history, op.client).find(({ i }) => i > op.i)
      expect(next).toMatchObject({ f: 'read', key: op.key, out: { t: 'ack' } })
      expect(next?.stream).not.toBe(op.stream)
      expect(history.ops.filter(({ stream }) => stream === op.stream).at(-1)).toBe(op)
    }
  })

  test('owes that read until it learns something, and dials anew for it', async () => {
    const { kv, file, start } = await given({ clients: 1, operationsPerSecond: 50 })
    let posts = 0
    let refusals = 0
    kv.intercept = ({ method, socket }) => {
      if (posts === 0 && method === 'POST') {
        posts++
        socket.resetAndDestroy()
        return true
      }
      if (posts === 0 || refusals === 2) return false
      refusals++
      socket.resetAndDestroy()
      return true
    }
    const workload = await start()
    await requests(kv, 12)
    const { ops } = await historyIn(file, await workload.stop())
    const at = ops.findIndex(({ out }) => out.t === 'unknown')
    const after = ops.slice(at + 1, at + 4)
    expect(after.map(({ f, key, out }) => [f, key, out.t])).toEqual(
      ['unknown', 'unknown', 'ack'].map((t) => ['read', ops[at]?.key, t]),
    )
    expect(kv.connections).toBe(4)
  })

  test('waits for the answers under way before it closes its file', async () => {
    const { kv, file, start } = await given()
    const workload = await start()
    await requests(kv, 20)
    kv.intercept = () => sleep(300, false)
    const before = kv.requests.length
    await requests(kv, before + 4)
    const { ops } = await historyIn(file, await workload.stop())
    expect(ops.filter(({ out }) => out.t === 'unknown' || out.t === 'refused')).toEqual([])
    expect(ops.at(-1)?.ret).toBeLessThan(Number.POSITIVE_INFINITY)
  })

  test('gives up an operation at its deadline, also while it stops', async () => {
    const { kv, file, start } = await given({ deadline: milliseconds(200) })
    const workload = await start()
    kv.intercept = () => true // never answered
    await requests(kv, 4)
    const startedMs = performance.now()
    const { ops } = await historyIn(file, await workload.stop())
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    expect(ops.at(-1)?.out).toEqual({ t: 'unknown', why: 'TIMEOUT after sending' })
  })

  test('leaves a readable file when it is killed, with what was under way unknown', async () => {
    const { kv, file, start, deaths } = await given()
    const workload = await start()
    await requests(kv, 30)
    kv.intercept = () => true
    await requests(kv, kv.requests.length + 4)
    process.kill(workload.pid, 'SIGKILL')
    await until(
      'the death was noticed',
      async () => (deaths.length > 0 ? happened(true) : notYet('nothing yet')),
      { within: seconds(5), every: milliseconds(10) },
    )
    expect(deaths).toMatchObject([{ child: 'the workload', exit: 'SIGKILL' }])
    await expect(workload.stop()).rejects.toThrow('was ended by SIGKILL')
    const builder = new HistoryBuilder()
    try {
      for await (const line of readChain(file)) builder.add(line as OperationEntry)
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error // its last line may be half a line
    }
    const { ops, disorder } = builder.finish() as History
    expect(disorder).toEqual([])
    expect(ops.length).toBeGreaterThan(30)
    expect(ops.filter(({ out }) => out.t === 'unknown')).toHaveLength(4)
  })

  test('does not start where a history is already', async () => {
    const { directory, start, deaths } = await given()
    new ChainWriter(join(directory, OPERATIONS_FILE), new RunClock()).close()
    await expect(start()).rejects.toThrow('EEXIST')
    expect(deaths).toEqual([])
  })
})
