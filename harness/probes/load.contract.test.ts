import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import type { Seal } from '../journal/chain.ts'
import type { Entry } from '../journal/entry.ts'
import { Journal } from '../journal/journal.ts'
import type { LoadSamples } from '../journal/load-samples.ts'
import { readLoads } from '../journal/loads.ts'
import { RunClock } from '../lib/clock.ts'
import { milliseconds, minutes, seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { disagreementOf } from '../objectives/load-summary.ts'
import { slo } from '../objectives/slo.ts'
import { type Container, type ContainerSpec, createContainer } from '../stack/container.ts'
import { writeSecret } from '../vault/kv.ts'
import { Load, type LoadOptions } from './load.ts'
import { arrival, sessions } from './traffic.ts'

/** k6 itself, in the operator pod of a real cluster. */

const on = onStage('contract', {}, 'openbao', ['k6'])

let folder: string
let journal: Journal
let seals: Seal[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-'))
  journal = new Journal(folder, new RunClock())
  seals = []
})
afterEach(() => {
  journal.close()
  rmSync(folder, { recursive: true })
})

const READS = arrival({ ratePerS: 50, tenants: 5, mix: { read: 2, list: 1 } })
const OBJECTIVES = [
  slo({ op: 'all', errors: 0.001, phases: ['steady'] }),
  slo({ op: 'read', p99: milliseconds(0.001), phases: ['steady'], source: 'HLD:749' }),
]

const start = (more: Partial<LoadOptions> = {}) =>
  Load.start({
    cluster: on().cluster,
    journal,
    traffic: READS,
    objectives: OBJECTIVES,
    atMost: minutes(1),
    signal: new AbortController().signal,
    close: (seal) => void seals.push(seal),
    ...more,
  })

const entries = () =>
  readFileSync(join(folder, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; data: Record<string, unknown> })
const entry = (kind: string) => entries().find((each) => each.kind === kind)?.data

/** The one load, as a judge reads it. */
async function readBack() {
  journal.recordClock()
  const sealOf = new Map(seals.map((seal) => [seal.file, seal]))
  const { loads, damage } = await readLoads(folder, entries() as unknown as Entry[], sealOf)
  expect(damage).toEqual([])
  return loads[0] as LoadSamples
}

const script = (text: string) => ({ 'arrival.ts': text })
const never = new AbortController().signal

test('a load that has a length runs it, and what it measured is on disk', async () => {
  const load = await start({ traffic: { ...READS, lasts: seconds(3) } })
  await load.over(never)
  await load.stop()

  const samples = gunzipSync(readFileSync(join(folder, 'k6', 'samples.json.gz'))).toString()
  const lines = samples.trim().split('\n')
  expect(seals).toEqual([
    { file: 'k6/samples.json.gz', lines: lines.length, head: expect.stringMatching(/^\w{64}$/) },
  ])
  const durations = lines
    .map((line) => JSON.parse(line))
    .filter(({ metric, type }) => metric === 'http_req_duration' && type === 'Point')
  expect(durations.length).toBeGreaterThanOrEqual(149)
  expect(durations[0].data.tags).toEqual({
    op: expect.stringMatching(/^(read|list)$/),
    tenant: expect.stringMatching(/^load-000\d$/),
    endpoint: expect.stringContaining('/tenants/:tenant/exchanges/binance'),
    status: '200',
    expected_response: 'true',
  })
  const started = entry('load.started')
  const ended = entry('load.ended') as { summary: Record<string, unknown> }
  expect(started).toMatchObject({ load: 'open', planned: 150, samples: 'k6/samples.json.gz' })
  expect(Object.keys(ended.summary.thresholds as object).toSorted()).toEqual(
    Object.keys(started?.thresholds as object).toSorted(),
  )
  expect(ended).toMatchObject({
    exitCode: 99, // nothing is read within a microsecond
    summary: {
      requests: durations.length,
      dropped: 0,
      thresholds: {
        http_req_failed: { 'rate<0.001': false },
        'http_req_duration{op:read}': { 'p(99)<0.001': true },
      },
    },
  })
  expect(ended).not.toHaveProperty('stopped')
  expect(ended).not.toHaveProperty('said')
})

test('what is read from its samples is what k6 itself summed up', async () => {
  journal.recordClock()
  const load = await start({ traffic: { ...READS, lasts: seconds(4) } })
  await load.over(never)
  await load.stop()

  const read = await readBack()
  expect(read).toMatchObject({ strange: 0, requests: read.ended?.summary?.requests })
  expect(read.groups.map(({ failed }) => failed)).toEqual([{}, {}])
  expect(disagreementOf(read)).toBeUndefined()
  const { summary } = read.ended ?? {}
  const latencyMs = Object.fromEntries(
    Object.entries(summary?.latencyMs ?? {}).map(([op, of]) => [
      op,
      Object.fromEntries(Object.entries(of).map(([name, ms]) => [name, 1.05 * ms])),
    ]),
  )
  const ended = { ...read.ended, summary: { ...summary, latencyMs } } as typeof read.ended
  expect(disagreementOf({ ...read, ended } as typeof read)).toMatch(/^k6 has .* its samples give/)
})

test('a value that is not the tenant’s own counts as failed, although k6 calls it good', async () => {
  journal.recordClock()
  const load = await start({ traffic: { ...READS, lasts: seconds(4) } })
  const another = { api_key: 'load-test-key', secret: 'load-test-secret-load-0001' }
  await writeSecret(
    on().cluster.viaBalancer(),
    'tenants/load-0000/exchanges/binance/trading',
    another,
  )
  await load.over(never)
  await load.stop()

  const { groups, ended } = await readBack()
  const of = (op: string) => groups.find((group) => group.op === op)
  // One of five tenants: some 133 reads in 4 s, 27 of them of this one.
  expect(of('read')?.failed.wrong).toBeGreaterThan(10)
  expect(of('read')?.failed.wrong).toBeLessThan((of('read')?.count ?? 0) / 4)
  expect(of('list')?.failed).toEqual({})
  expect(ended?.summary?.thresholds.http_req_failed).toEqual({ 'rate<0.001': false })
})

test('one without a length goes on until it is stopped, and leaves no request behind', async () => {
  const traffic = sessions({ ratePerS: 5, tenants: 3 })
  const load = await start({ traffic, objectives: [] })
  const secrets = await inspected(on().cluster)
  await new Promise((resolve) => setTimeout(resolve, 2500))
  await load.stop()
  expect(entry('load.ended')).toMatchObject({
    exitCode: 105,
    stopped: true,
    cpuMsPerS: expect.any(Number),
    summary: { thresholds: { http_reqs: { 'count>0': false } } },
  })
  const samples = gunzipSync(readFileSync(join(folder, 'k6', 'samples.json.gz'))).toString()
  const failed = samples.split('\n').filter((line) => line.includes('"ok":"false"'))
  expect(failed).toEqual([])
  for (const op of ['login', 'read', 'write', 'list', 'delete']) {
    expect(samples).toContain(`"op":"${op}"`)
  }
  expect(secrets).not.toMatch(/[sb]\.[\w-]{20,}/)
})

/** All that the engine tells of the generator: arguments, environment, labels. */
async function inspected({ docker, run }: Cluster): Promise<string> {
  const filters = { label: [`vault-drill.run=${run}`], name: ['load-open'] }
  const [found] = await docker.engine.listContainers({ filters: JSON.stringify(filters) })
  return JSON.stringify(await docker.engine.getContainer(found?.Id ?? '').inspect())
}

describe('is refused with its reason:', () => {
  test.each([
    [
      'a script that does not compile',
      'export default function () { this is not',
      /^the load "open": the script threw \(exit code 107\): could not initialize .*Expected ";" but found "is"/,
      false,
    ],
    [
      'one that throws before it begins',
      'throw new Error("init fails"); export default function () {}',
      /\(exit code 107\): Error: init fails/,
      false,
    ],
    [
      'one that imports what is not there',
      'import { x } from "./missing.ts"; export default function () { x() }',
      /\(exit code 107\): .*".\/missing.ts" couldn't be found/,
      false,
    ],
    [
      'one with a threshold on a metric that does not exist',
      'export const options = { thresholds: { nosuch: ["p(99)<1"] } }; export default function () {}',
      /k6 refused its configuration \(exit code 104\): .*no metric name "nosuch" found/,
      true,
    ],
    ['one that has nothing to run', 'export const options = {}', /no exported functions/, true],
    [
      'one that gives up',
      'import exec from "k6/execution"; export default function () { exec.test.abort("enough") }',
      /the script gave up \(exit code 108\): test aborted: enough/,
      false,
    ],
  ])('%s', async (_what, text, message, infrastructure) => {
    const failed = await start({ scripts: script(text) }).catch((error) => error)
    expect(failed).toMatchObject({ name: 'LoadFailed', infrastructure })
    expect(failed.message).toMatch(message)
    expect(entry('load.ended')).toMatchObject({ exitCode: expect.any(Number) })
  })

  test('one that throws in each iteration, though k6 ends with 0', async () => {
    const text = `
      export const options = { vus: 1, iterations: 2 }
      export default function () { console.info('the first request is sent'); throw new Error('no') }`
    const load = await start({ scripts: script(text), traffic: { ...READS, lasts: seconds(1) } })
    await load.over(never)
    await expect(load.stop()).rejects.toThrow(/the script threw while it ran: Error: no/)
    expect(entry('load.ended')).toMatchObject({
      exitCode: 0,
      said: expect.stringMatching(/^Error: no/),
    })
  })

  test('one that sends nothing', async () => {
    const text = `
      export const options = { vus: 1, iterations: 2 }
      export default function () { console.info('the first request is sent') }
      export { handleSummary } from './steady.ts'`
    const load = await start({ scripts: script(text), traffic: { ...READS, lasts: seconds(1) } })
    await load.over(never)
    await expect(load.stop()).rejects.toThrow('the load "open": k6 sent no request')
  })

  test('a k6 that is killed, its samples cut off', async () => {
    const load = await start()
    const { docker, run } = on().cluster
    const filters = { label: [`vault-drill.run=${run}`], name: ['load-open'] }
    const [found] = await docker.engine.listContainers({ filters: JSON.stringify(filters) })
    await docker.engine.getContainer(found?.Id ?? '').kill()
    await expect(load.over(never)).rejects.toThrow('k6 was killed (exit code 137)')
    await expect(load.stop()).rejects.toThrow('k6 was killed (exit code 137)')
    expect(seals).toMatchObject([{ file: 'k6/samples.json.gz' }])
  })

  test('an image without k6', async () => {
    const { cluster, docker, stage } = on()
    const { labels, images } = stage.ground('openbao')
    const workplace = {
      generatorVersion: 'none',
      generator: (spec: Pick<ContainerSpec, 'name' | 'command' | 'files'>) =>
        createContainer(docker.engine, {
          ...spec,
          name: `drill-${cluster.run}-without-k6`,
          image: images.toxiproxy.reference,
          entrypoint: ['/usr/bin/k6'],
          labels,
          network: { of: cluster.pod('operator').container },
        }),
      dismiss: (container: Container) => container.remove(),
    }
    const { authority } = cluster
    const viaBalancer = () => cluster.viaBalancer()
    const lacking = { docker, authority, viaBalancer, workplace } as unknown as Cluster
    await expect(start({ cluster: lacking })).rejects.toThrow(
      /^the load "open": k6 could not be started: .*\/usr\/bin\/k6/s,
    )
  })
})
