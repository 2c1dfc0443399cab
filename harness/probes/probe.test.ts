import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Line, readChain } from '../journal/chain.ts'
import type { ProbeEntry, WriteEntry } from '../journal/entry.ts'
import { type Authority, createAuthority, type IssuedCertificate } from '../lib/certificates.ts'
import type { ChildDied } from '../lib/child.ts'
import { RunClock } from '../lib/clock.ts'
import { seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { happened, notYet } from '../lib/until.ts'
import { KvImitation } from './kv-imitation.ts'
import type { ProbeStatus } from './live-status.ts'
import { type Probe, startProbe } from './probe.ts'
import { dataPath, numberedValue } from './value.ts'

const TOKEN = 'hvs.never-on-disk'
const within = seconds(8)

let authority: Authority
let certificate: IssuedCertificate

beforeAll(async () => {
  authority = await createAuthority('probe test')
  const dnsNames = ['node.test']
  certificate = await authority.issue({ name: 'node', dnsNames, ips: [] })
})

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'drill-probe-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

type Running = {
  readonly probe: Probe
  readonly kv: KvImitation
  readonly directory: string
  readonly deaths: readonly ChildDied[]
}

/** A probe on a server that is balancer and all nodes at once. */
async function run(): Promise<Running> {
  const kv = await KvImitation.start(certificate)
  const canary = numberedValue(dataPath('canary'), 0)
  kv.secrets.set(canary.k, { value: canary, version: 1 })
  const directory = newDirectory()
  const deaths: ChildDied[] = []
  const at = { host: '127.0.0.1', port: kv.port, servername: 'node.test' }
  const probe = await startProbe({
    clock: new RunClock(),
    directory,
    balancer: { name: 'balancer', ...at },
    nodes: ['vault-1', 'vault-2'].map((name) => ({ name, ...at })),
    ca: authority.ca,
    token: new Secret(TOKEN),
    prefix: 'rpo/test',
    canary: { path: canary.k, hash: canary.sha },
    rates: { write: 50, read: 50, fresh: 10, health: 10 },
    onDeath: (death) => deaths.push(death),
  })
  onTestFinished(async () => {
    await probe.kill()
    await kv.stop()
  })
  return { probe, kv, directory, deaths }
}

async function readAll<T extends Line>(directory: string, file: string): Promise<T[]> {
  const lines: T[] = []
  for await (const line of readChain(join(directory, file))) lines.push(line as T)
  return lines
}

/** What any user of the machine can see of a process, where there is such a file system. */
function shownOf(pid: number): string[] {
  return ['cmdline', 'environ']
    .map((file) => `/proc/${pid}/${file}`)
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
}

const afterWrites = (count: number) => (status: ProbeStatus) =>
  status.writes.acknowledged >= count
    ? happened(status)
    : notYet(`${status.writes.acknowledged} acknowledged writes`)

describe('the probe', () => {
  test('runs its lanes, tells how they fare, and seals what it has written', async () => {
    const { probe, kv, directory, deaths } = await run()
    expect(kv.requests).toEqual([])
    await probe.start()
    await probe.until('40 writes', afterWrites(40), { within })
    const status = await probe.until(
      'somebody leads',
      (seen) => (seen.leader === undefined ? notYet('nobody leads') : happened(seen)),
      { within },
    )
    expect(status.leader).toMatchObject({ node: expect.stringMatching(/^vault-[12]$/) })
    expect(Object.keys(status.lanes)).toEqual(['write', 'read'])
    await probe.stopWrites()
    const { sent } = probe.status()?.writes ?? {}
    const reads = probe.status()?.lanes.read?.samples ?? 0
    await probe.until(
      'reads go on',
      ({ lanes }) => ((lanes.read?.samples ?? 0) > reads + 20 ? happened(1) : notYet('too few')),
      { within },
    )
    const { seals, written } = await probe.stop()

    expect(written).toBe(sent)
    expect(deaths).toEqual([])
    for (const seal of seals) {
      for await (const _line of readChain(join(directory, seal.file), seal));
    }
    expect(seals.map(({ file }) => file)).toEqual(['probes.jsonl', 'writes.jsonl'])

    const ledger = await readAll<WriteEntry>(directory, 'writes.jsonl')
    const numbers = ledger.filter(({ kind }) => kind === 'sent').map(({ data }) => data.n)
    expect(numbers).toEqual(Array.from({ length: written }, (_, i) => i + 1))
    const answers = ledger.filter((entry) => entry.kind === 'answer').map(({ data }) => data)
    expect(answers).toHaveLength(written)
    const stored = [...kv.secrets.keys()].filter((path) => path.includes('rpo'))
    const unknown = answers.filter(({ outcome }) => outcome === 'unknown').length
    const acknowledged = answers.filter(({ outcome }) => outcome === 'acknowledged').length
    // On a machine too busy for its deadline a write may be there without an answer.
    expect(stored.length).toBeGreaterThanOrEqual(acknowledged)
    expect(stored.length).toBeLessThanOrEqual(acknowledged + unknown)
    expect(acknowledged).toBeGreaterThanOrEqual(40)
  })

  test('journals its lanes, its samples on schedule and its own use, and never the token', async () => {
    const { probe, directory } = await run()
    await probe.start()
    const shown = shownOf(probe.pid)
    await sleep(1_150)
    await probe.stop()
    const entries = await readAll<ProbeEntry>(directory, 'probes.jsonl')
    const [lanes] = entries
    if (lanes?.kind !== 'lanes') throw new Error(`the first entry is "${lanes?.kind}"`)
    const { firstSlotAt, pid, lanes: infos } = lanes.data
    expect(pid).toBe(probe.pid)
    expect(infos.map(({ lane, judged, intervalMs }) => [lane, judged, intervalMs])).toEqual([
      ['write', true, 20],
      ['read', true, 20],
      ['fresh-read', false, 100],
      ['health/vault-1', false, 100],
      ['health/vault-2', false, 100],
    ])
    // In turn within the shortest interval, the fresh connection first.
    expect(infos.map(({ offsetMs }) => offsetMs)).toEqual([4, 8, 0, 12, 16])
    const samples = entries.filter((entry) => entry.kind === 'sample').map(({ data }) => data)
    for (const { lane, slot, intended, call, ret } of samples) {
      const { intervalMs = 0, offsetMs = 0 } = infos.find((info) => info.lane === lane) ?? {}
      expect(intended).toBe(firstSlotAt + (offsetMs + slot * intervalMs) * 1_000_000)
      expect(call).toBeGreaterThanOrEqual(intended)
      expect(ret).toBeGreaterThan(call)
    }
    expect(new Set(samples.map(({ lane }) => lane)).size).toBe(5)
    const usage = entries.find((entry) => entry.kind === 'usage')
    expect(usage?.data).toMatchObject({ cpuMsPerS: expect.any(Number), rssMiB: expect.any(Number) })
    for (const file of ['probes.jsonl', 'writes.jsonl']) {
      shown.push(readFileSync(join(directory, file), 'utf8'))
    }
    expect(shown.join('\n')).not.toContain(TOKEN)
  })

  test('that is killed leaves every line readable, and its death is told', async () => {
    const { probe, directory, deaths } = await run()
    await probe.start()
    await probe.until('40 writes', afterWrites(40), { within })
    const waiting = probe.until('never', () => notYet('nothing'), { within })
    process.kill(probe.pid, 'SIGKILL')
    await expect(waiting).rejects.toThrow('was ended by SIGKILL')
    expect(deaths).toHaveLength(1)
    const ledger = await readAll<WriteEntry>(directory, 'writes.jsonl')
    const answered = ledger.filter((entry) => entry.kind === 'answer')
    expect(answered.length).toBeGreaterThanOrEqual(40)
    expect((await readAll(directory, 'probes.jsonl')).length).toBeGreaterThan(40)
    await expect(probe.stop()).rejects.toThrow('was ended by SIGKILL')
  })

  test('sees an outage and its end on both judged lanes', async () => {
    const { probe, kv } = await run()
    await probe.start()
    await probe.until('40 writes', afterWrites(40), { within })
    kv.health = 503
    kv.intercept = (request) => {
      if (request.url === '/v1/sys/health') return false
      kv.resetConnections()
      return true
    }
    // A connection that another one's request resets may end before its own was sent: nothing is
    // unknown then, so the outage lasts until one write was on its way.
    const bad = await probe.until(
      'both lanes are bad, and what became of a write is unknown',
      (status) => {
        const { write, read } = status.lanes
        const areBad = write?.goodInARow === 0 && read?.goodInARow === 0
        return areBad && status.writes.unknown > 0
          ? happened(status)
          : notYet(`${areBad ? 'bad' : 'good'}, ${status.writes.unknown} unknown`)
      },
      { within },
    )
    expect(bad.lanes.write?.lastWhy).toMatch(/^ECONNRESET/)
    await probe.until(
      'nobody leads',
      ({ leader }) => (leader === undefined ? happened(1) : notYet(`${leader.node} leads`)),
      { within },
    )
    kv.intercept = () => false
    kv.health = 200
    const good = await probe.until(
      'twenty good samples in a row on both lanes',
      (status) => {
        const { write, read } = status.lanes
        const row = Math.min(write?.goodInARow ?? 0, read?.goodInARow ?? 0)
        return row >= 20 ? happened(status) : notYet(`${row}`)
      },
      { within },
    )
    expect(good.lanes.write?.goodSince).toBeGreaterThan(bad.lanes.write?.lastBad as number)
    expect(good.writes.unknown).toBeGreaterThan(0)
  })

  test('does not start over the files of another run', async () => {
    const directory = newDirectory()
    writeFileSync(join(directory, 'writes.jsonl'), '')
    const at = { name: 'balancer', host: '127.0.0.1', port: 1, servername: 'node.test' }
    const deaths: ChildDied[] = []
    const started = startProbe({
      clock: new RunClock(),
      directory,
      balancer: at,
      nodes: [],
      token: new Secret(TOKEN),
      prefix: 'rpo/test',
      canary: { path: dataPath('canary'), hash: '' },
      onDeath: (death) => deaths.push(death),
    })
    await expect(started).rejects.toThrow('EEXIST')
    expect(deaths).toEqual([])
  })
})
