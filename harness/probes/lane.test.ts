import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ChainWriter, readChain } from '../journal/chain.ts'
import type { WriteData, WriteEntry } from '../journal/entry.ts'
import { type Authority, createAuthority, type IssuedCertificate } from '../lib/certificates.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type Intercept, KvImitation, reply } from './kv-imitation.ts'
import { Lane, type Question, type Sample } from './lane.ts'
import { canaryReads, healthChecks, numberedWrites } from './questions.ts'
import { dataPath, numberedValue } from './value.ts'

/** Short, as some tests wait for it, and longer than a handshake on a busy machine. */
/** Of lanes that are to wait in vain. */
const DEADLINE_MS = 500
/** Of all others: a busy machine answers late, and that is not their subject. */
const PATIENT_MS = 5_000

let authority: Authority
let certificate: IssuedCertificate

beforeAll(async () => {
  authority = await createAuthority('lane test')
  certificate = await authority.issue({ name: 'node', dnsNames: ['node.test'], ips: [] })
})

async function serve(intercept: Intercept = () => false): Promise<KvImitation> {
  const kv = await KvImitation.start(certificate)
  kv.intercept = intercept
  onTestFinished(() => kv.stop())
  return kv
}

function open(
  kv: KvImitation,
  kind: 'write' | 'read' | 'fresh-read' | 'health',
  question: Question,
  deadlineMs = PATIENT_MS,
) {
  const samples: Sample[] = []
  const lane = new Lane({
    info: {
      lane: kind,
      kind,
      judged: true,
      target: 'balancer',
      intervalMs: 5,
      deadlineMs,
    },
    clock: new RunClock(),
    address: { host: '127.0.0.1', port: kv.port },
    tls: { ca: authority.ca, servername: 'node.test' },
    question,
    onSample: (sample) => samples.push(sample),
    onMissed: () => {},
  })
  onTestFinished(() => lane.close())
  let slot = 0
  const sendOne = async () => {
    lane.send({ slot: slot++, intended: 0 })
    await lane.drained()
    return samples.at(-1) as Sample
  }
  return { lane, samples, sendOne }
}

function openLedger() {
  const directory = mkdtempSync(join(tmpdir(), 'drill-lane-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'writes.jsonl')
  const ledger = new ChainWriter(path, new RunClock())
  const question = numberedWrites(ledger, {
    prefix: 'rpo/test',
    via: 'balancer',
    headers: { 'x-vault-token': 'root' },
    onOutcome: () => {},
  })
  const entries = async () => {
    const read: WriteEntry[] = []
    for await (const line of readChain(path)) read.push(line as WriteEntry)
    return read
  }
  return { path, question, entries }
}

const answersOf = (entries: readonly WriteEntry[]): WriteData['answer'][] =>
  entries.filter((entry) => entry.kind === 'answer').map(({ data }) => data)

describe('the write lane', () => {
  test('has its line on disk before the server sees the request', async () => {
    const seenAtRequest: string[] = []
    const { path, question, entries } = openLedger()
    const kv = await serve(() => {
      seenAtRequest.push(readFileSync(path, 'utf8'))
      return false
    })
    const { sendOne } = open(kv, 'write', question)
    for (let n = 1; n <= 3; n++) await sendOne()
    expect(kv.requests).toEqual([1, 2, 3].map((n) => `POST /v1/secret/data/rpo/test/${n}`))
    seenAtRequest.forEach((file, i) => {
      const lines = file
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text))
      const last = lines.at(-1)
      expect(last).toMatchObject({ kind: 'sent', data: { n: i + 1, via: 'balancer' } })
      const stored = kv.secrets.get(last.data.path)
      expect(stored?.value.sha).toBe(last.data.hash)
    })
    const kinds = (await entries()).map(({ kind, data }) => `${kind} ${data.n}`)
    expect(kinds).toEqual(['sent 1', 'answer 1', 'sent 2', 'answer 2', 'sent 3', 'answer 3'])
  })

  test('sends the token and asks for the first version of each path', async () => {
    const bodies: unknown[] = []
    const { question, entries } = openLedger()
    const kv = await serve((request, _response, body) => {
      bodies.push([request.headers['x-vault-token'], JSON.parse(body).options])
      return false
    })
    const sample = await open(kv, 'write', question).sendOne()
    expect(bodies).toEqual([['root', { cas: 0 }]])
    expect(sample).toMatchObject({ ok: true, status: 200, n: 1 })
    expect(answersOf(await entries())).toMatchObject([{ outcome: 'acknowledged', version: 1 }])
  })

  test.each<
    [
      string,
      (...given: [...Parameters<Intercept>, KvImitation]) => boolean,
      Partial<WriteData['answer']>,
      number?,
    ]
  >([
    [
      'a reset',
      (_request, _response, _body, kv) => {
        kv.resetConnections()
        return true
      },
      { outcome: 'unknown', why: 'ECONNRESET after sending' },
    ],
    ['a hang', () => true, { outcome: 'unknown', why: 'TIMEOUT after sending' }, DEADLINE_MS],
    [
      'a sealed node',
      (_request, response) => answered(response, 503, 'Vault is sealed'),
      { outcome: 'refused', status: 503 },
    ],
    [
      'an internal error',
      (_request, response) => answered(response, 500, 'internal error'),
      { outcome: 'unknown', status: 500, why: '500 internal error' },
    ],
    [
      'a standby without a leader',
      (_request, response) =>
        answered(response, 500, 'local node not active but active cluster node not found'),
      { outcome: 'refused', status: 500 },
    ],
  ])('records %s in ledger and sample', async (_title, intercept, expected, deadlineMs) => {
    const { question, entries } = openLedger()
    const kv = await serve((...request) => intercept(...request, kv))
    const sample = await open(kv, 'write', question, deadlineMs).sendOne()
    const [answer] = answersOf(await entries())
    expect(answer).toMatchObject({ n: 1, ...expected })
    expect(answer?.ret).toBeGreaterThan(answer?.call as number)
    expect(sample).toMatchObject({ ok: false, n: 1, call: answer?.call, ret: answer?.ret })
  })

  test('records a refused connection as certainly not applied', async () => {
    const { question, entries } = openLedger()
    const kv = await KvImitation.start(certificate)
    const { sendOne } = open(kv, 'write', question)
    await kv.stop()
    expect(await sendOne()).toMatchObject({ ok: false, why: 'ECONNREFUSED before sending' })
    expect(answersOf(await entries())).toMatchObject([{ n: 1, outcome: 'refused' }])
  })

  test('takes an answer after the deadline as unknown, though the write is there', async () => {
    const { question, entries } = openLedger()
    const gate = Promise.withResolvers<void>()
    const kv = await serve(async () => {
      if (kv.secrets.size === 1) await gate.promise
      return false
    })
    const { sendOne } = open(kv, 'write', question, DEADLINE_MS)
    expect(await sendOne()).toMatchObject({ ok: true, n: 1 })
    expect(await sendOne()).toMatchObject({ ok: false, n: 2, why: 'TIMEOUT after sending' })
    gate.resolve()
    const applied = () => (kv.secrets.size === 2 ? happened(true) : notYet('one secret'))
    await until('the write is applied', applied, { within: seconds(5) })
    const outcomes = answersOf(await entries()).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['acknowledged', 'unknown'])
  })
})

describe('kept-alive connections', () => {
  const canary = numberedValue(dataPath('canary'), 0)
  const reads = canaryReads({ path: canary.k, hash: canary.sha }, {})
  const withCanary = async (intercept?: Intercept) => {
    const kv = await serve(intercept)
    kv.secrets.set(canary.k, { value: canary, version: 1 })
    return kv
  }

  test('serve one sample after the other while all is well', async () => {
    const kv = await withCanary()
    const { sendOne } = open(kv, 'read', reads)
    for (let i = 0; i < 5; i++) expect(await sendOne()).toMatchObject({ ok: true, status: 200 })
    expect(kv.connections).toBe(1)
  })

  test.each([
    ['a bad status', 503],
    ['a redirect', 307],
  ])('are dialled anew after %s', async (_title, status) => {
    let bad = false
    const kv = await withCanary((_request, response) => bad && answered(response, status, 'x'))
    const { sendOne } = open(kv, 'read', reads)
    await sendOne()
    bad = true
    expect(await sendOne()).toMatchObject({ ok: false, status })
    bad = false
    expect(await sendOne()).toMatchObject({ ok: true })
    expect(kv.connections).toBe(2)
    await sendOne()
    expect(kv.connections).toBe(2)
  })

  test('are not dialled anew for what an earlier generation still had under way', async () => {
    let requests = 0
    const kv = await withCanary(() => requests++ < 2) // the first two hang
    const { lane, samples } = open(kv, 'read', reads, DEADLINE_MS)
    lane.send({ slot: 0, intended: 0 })
    await sleep(DEADLINE_MS / 2)
    lane.send({ slot: 1, intended: 0 })
    await failed(samples, 1)
    lane.send({ slot: 2, intended: 0 }) // dials anew
    await failed(samples, 2)
    lane.send({ slot: 3, intended: 0 })
    await lane.drained()
    const good = samples.filter(({ ok }) => ok).map(({ slot }) => slot)
    expect(good).toEqual([2, 3])
    expect(kv.connections).toBe(3)
  })

  test('do not keep one sample waiting for another', async () => {
    let requests = 0
    const kv = await withCanary(() => requests++ === 0)
    const { lane, samples } = open(kv, 'read', reads, DEADLINE_MS)
    lane.send({ slot: 0, intended: 0 })
    await sleep(20)
    lane.send({ slot: 1, intended: 0 })
    await lane.drained()
    expect(samples.map(({ slot, ok }) => [slot, ok])).toEqual([
      [1, true],
      [0, false],
    ])
  })

  test('do not exist on the fresh lane', async () => {
    const kv = await withCanary()
    const { sendOne } = open(kv, 'fresh-read', reads)
    for (let i = 0; i < 3; i++) expect(await sendOne()).toMatchObject({ ok: true })
    expect(kv.connections).toBe(3)
  })
})

describe('a read of the canary', () => {
  const canary = numberedValue(dataPath('canary'), 0)
  const reads = canaryReads({ path: canary.k, hash: canary.sha }, {})

  test.each([
    ['another value', { value: { ...canary, op: 'x' }, version: 1 }, 'the content is another'],
    ['a deleted one', { value: canary, version: 1, deleted: true }, 'the canary is deleted'],
    ['none', undefined, 'the canary is absent'],
  ])('is bad when there is %s', async (_title, stored, why) => {
    const kv = await serve()
    if (stored !== undefined) kv.secrets.set(canary.k, stored)
    expect(await open(kv, 'read', reads).sendOne()).toMatchObject({ ok: false, why })
  })
})

describe('a health check', () => {
  test.each([200, 429, 503, 501])('is good with status %i, which it records', async (status) => {
    const kv = await serve()
    kv.health = status
    const { sendOne } = open(kv, 'health', healthChecks())
    expect(await sendOne()).toMatchObject({ ok: true, status })
    await sendOne()
    expect(kv.connections).toBe(1)
  })

  test('is bad without an answer', async () => {
    const kv = await serve(() => true)
    const sample = await open(kv, 'health', healthChecks(), DEADLINE_MS).sendOne()
    expect(sample).toMatchObject({ ok: false, why: 'TIMEOUT after sending' })
    expect(sample).not.toHaveProperty('status')
  })
})

const failed = (samples: readonly Sample[], count: number) =>
  until(
    `${count} failed samples`,
    () => {
      const seen = samples.filter(({ ok }) => !ok).length
      return seen >= count ? happened(seen) : notYet(`${seen}`)
    },
    { within: seconds(5), every: milliseconds(2) },
  )

function answered(response: ServerResponse, status: number, text: string): true {
  reply(response, status, { errors: [text] })
  return true
}
