import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConsistency } from '../consistency/check.ts'
import { ChainWriter, type Line, readChain } from '../journal/chain.ts'
import type { ReadEntry } from '../journal/entry.ts'
import { type History, HistoryBuilder } from '../journal/history.ts'
import type { OperationEntry } from '../journal/operation.ts'
import { ReadOutBuilder } from '../journal/read-out.ts'
import { RunClock, wallClockMs } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { Seed } from '../lib/seed.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { targetAt } from '../probes/probe-message.ts'
import { startReadBack } from '../probes/read-back.ts'
import { startWorkload } from '../probes/workload.ts'
import { readPasses } from '../read-passes.ts'
import { type Container, createContainer } from '../stack/container.ts'
import { connectDocker, type Docker } from '../stack/docker.ts'
import { findOurs } from '../stack/sweep.ts'
import { STAGE_IMAGES, Stage } from '../stage.ts'
import { imagesOf } from '../throw-away.ts'
import type { Cluster } from './cluster.ts'
import type { Ground } from './ground.ts'
import { Inspection } from './inspection.ts'
import { OperatorNotes } from './operator-notes.ts'
import { startCluster } from './start.ts'
import { addressIn, type PodPlan, topologyOf } from './topology.ts'

/** A whole cluster of OpenBao over TLS, sealed by LocalStack's KMS; one for all tests. */

const signal = new AbortController().signal
const runId = `contract-${randomBytes(3).toString('hex')}`
let docker: Docker
let stage: Stage
let cluster: Cluster
beforeAll(async () => {
  docker = await connectDocker()
  const images = await imagesOf(docker, [...STAGE_IMAGES, 'openbao'])
  const startedMs = wallClockMs()
  stage = await Stage.open({ docker, runId, images, label: 'contract', startedMs }, signal)
  cluster = await stage.cluster({ product: 'openbao', multiplier: 1, tls: true }, signal)
})
afterAll(() => stage?.close())

const namesLeft = async (prefix: string) =>
  (await findOurs(docker.engine))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix))
    .toSorted()

/** Toxiproxy closes a connection at once when there is nobody at the other end. */
const LOOK = `
import socket, sys
for link in sys.argv[1:]:
    name, host, port = link.split(',')
    connection = socket.create_connection((host, int(port)), 2)
    connection.settimeout(0.3)
    try: state = 'closed' if connection.recv(1) == b'' else 'open'
    except TimeoutError: state = 'open'
    print(name, state)
`

/** The links of a pod as whoever lives in it sees them. */
async function statesOf({ name, links }: PodPlan): Promise<readonly string[]> {
  const pod = cluster.containers.find((each) => each.name === `${name}-pod`)?.container as Container
  const listeners = links.map((link) => `${link.name},${link.listen.replace(':', ',')}`)
  const { localstack } = await imagesOf(docker, ['localstack'])
  const looking = await createContainer(docker.engine, {
    name: `drill-${runId}-looks-from-${name}`,
    image: localstack.reference,
    entrypoint: ['python3', '-c', LOOK, ...listeners],
    labels: await pod.labels(),
    network: { of: pod },
  })
  await looking.start()
  await until(
    'all links were looked at',
    async () => ((await looking.state()).running ? notYet('it runs') : happened(true)),
    { within: seconds(30), every: milliseconds(100) },
  )
  const lines = (await looking.logs()).trim().split('\n')
  await looking.remove()
  return lines
}

describe('a cluster that is ready', () => {
  test('has three voters, a leader, and a KMS that was really used', async () => {
    const { readiness } = cluster
    expect(readiness).toMatchObject({
      voters: ['vault-1', 'vault-2', 'vault-3'],
      sealType: 'awskms',
    })
    expect(readiness.kmsEncrypts).toBeGreaterThan(0)
    expect(Object.values(readiness.parts).every((ms) => ms >= 0)).toBe(true)
    expect((await cluster.leader()).name).toBe(readiness.leader)
    expect((await cluster.standbys()).map(({ name }) => name)).not.toContain(readiness.leader)
    expect(await cluster.healthyVoters()).toBe(3)
    expect(await cluster.term()).toBeGreaterThan(0)
    const peers = await cluster.peers()
    expect(peers.filter(({ voter }) => voter)).toHaveLength(3)
    expect(peers.filter(({ leader }) => leader).map(({ node }) => node)).toEqual([readiness.leader])
  })

  test('serves through the balancer, and on each node directly and through the operator', async () => {
    const { balancer, nodes, token } = cluster.probeTargets
    expect(balancer.tls?.servername).toBe('balancer')
    expect(token.reveal()).not.toBe('')
    const secrets = cluster.secrets()
    expect(await secrets.write('contract/a', { it: 'works' })).toMatchObject({ status: 200 })
    expect((await secrets.read('contract/a')).data).toEqual({ it: 'works' })
    expect(nodes.map(({ name }) => name)).toEqual(['vault-1', 'vault-2', 'vault-3'])
    for (const node of cluster.nodes) {
      expect(await new Inspection(cluster).connectionTo(node)).toBe('open')
      expect((await node.age()).ms).toBeGreaterThan(0)
    }
    const notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'operator-')))
    const operator = cluster.operator(signal, { notes, token: cluster.custody.token })
    await operator.seesHealthyVoters()
    for (const node of cluster.nodes) await operator.seesUnsealed(node)
    rmSync(notes.folder, { recursive: true })
  })

  test('has every link of its plan, and each leads to somebody', async () => {
    const ground = stage.ground('openbao')
    const address = addressIn(ground.address, 0)
    const { nodes, balancer, operator } = topologyOf({ nodes: 3, address, aws: stage.awsInside })
    const pods = [...nodes, balancer, operator]
    const seen = await Promise.all(pods.map(async (plan) => [plan.name, await statesOf(plan)]))
    const planned = pods.map(({ name, links }) => [name, links.map((link) => `${link.name} open`)])
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(planned))
  })

  test('has nothing disturbed, and every node knows the leader', async () => {
    for (const { links } of cluster.nodes) expect(await links.residue()).toEqual([])
    expect(await cluster.cleanStart(signal)).toMatchObject({ id: 'clean-start', held: true })
    const { voters, appliedIndexes } = await cluster.converge(signal)
    expect(voters).toBe(3)
    expect(new Set(Object.values(appliedIndexes)).size).toBe(1)
  })
})

describe('the register workload', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-workload-'))
  const clock = new RunClock()
  afterAll(() => rmSync(directory, { recursive: true }))

  const linesOf = async (file: string): Promise<readonly Line[]> => {
    const lines: Line[] = []
    for await (const line of readChain(join(directory, file))) lines.push(line)
    return lines
  }
  const recorded = async () => {
    const history = new HistoryBuilder()
    for (const line of await linesOf('ops.jsonl')) history.add(line as OperationEntry)
    const readOuts = new ReadOutBuilder()
    for (const line of await linesOf('reads.jsonl')) readOuts.add(line as ReadEntry)
    return { history: history.finish() as History, readOuts: readOuts.finish() }
  }

  test('is answered in full, by sequential clients, with versions and refusals', async () => {
    const { balancer, token } = cluster.probeTargets
    const workload = await startWorkload({
      clock,
      directory,
      balancer: targetAt(balancer),
      ca: cluster.authority?.ca,
      token,
      prefix: 'rpo/contract',
      seed: new Seed('7f3a'),
      onDeath: () => {},
    })
    await workload.start()
    await sleep(5_000) // long enough for every kind of operation, at the rate of a run
    expect(await workload.stop()).toMatchObject({ file: 'ops.jsonl' })

    new ChainWriter(join(directory, 'writes.jsonl'), clock).close() // nobody wrote numbers
    const ca = cluster.authority?.ca
    const reader = await startReadBack({ clock, directory, ca, token, onDeath: () => {} })
    await readPasses(cluster, reader, signal)
    await reader.stop()

    const { history } = await recorded()
    expect(history.disorder).toEqual([])
    expect(history.ops.length).toBeGreaterThan(150)
    const outcomes = new Set(
      history.ops.map(({ f, cas, out }) => `${f} ${cas !== undefined} ${out.t}`),
    )
    expect([...outcomes].toSorted()).toEqual([
      'delete false ack',
      'read false ack',
      'write false ack',
      'write true ack',
      'write true casfail',
    ])
    const reads = history.ops.flatMap(({ f, out }) =>
      f === 'read' && out.t === 'ack' ? [out] : [],
    )
    expect(reads.some(({ val, ver }) => val === null && ver === undefined)).toBe(true)
    expect(reads.some(({ val, ver }) => typeof val === 'string' && ver !== undefined)).toBe(true)
    expect(reads.some(({ deleted }) => deleted)).toBe(true)
  })

  test('is read out on every node, each acknowledged write in its version', async () => {
    const { history, readOuts } = await recorded()
    const keys = new Set(history.ops.map(({ key }) => key))
    expect(readOuts.map(({ node }) => node).toSorted()).toEqual([
      'balancer',
      'vault-1',
      'vault-2',
      'vault-3',
    ])
    const through = readOuts.find(({ node }) => node === 'balancer')
    for (const { ended, registers } of readOuts) {
      expect(ended).toBe(true)
      expect(new Set(registers.keys())).toEqual(keys)
      for (const [key, { state, current, versions }] of registers) {
        expect(current).toBe(through?.registers.get(key)?.current)
        expect(state).toBe(current === 0 ? 'absent' : 'present')
        if (current > 0) expect(['present', 'deleted']).toContain(versions.get(current)?.state)
      }
    }
    const written = history.ops.filter(({ f, out }) => f === 'write' && out.t === 'ack')
    expect(written.length).toBeGreaterThan(50)
    for (const { key, op, out } of written) {
      const version = through?.registers.get(key)?.versions.get((out as { ver: number }).ver)
      if (version?.state === 'deleted') expect(version.listed).toBe('deleted')
      else expect(version).toEqual({ listed: 'live', state: 'present', op, intact: true })
    }
  })

  test('is found to be consistent, by two checkers', async () => {
    const { history, readOuts } = await recorded()
    const nodes = ['balancer', 'vault-1', 'vault-2', 'vault-3']
    expect(checkConsistency(history, readOuts, { contract: 'strict', nodes })).toMatchObject({
      operations: history.ops.length,
      violations: [],
      undecided: [],
      gaps: [],
      checkers: { versions: 'valid', search: 'valid' },
      agree: true,
      everyNodeAgrees: true,
    })
  })
})

test('the leader that steps down is followed by another, in a later term', async () => {
  const former = await cluster.leader()
  const term = await cluster.term()
  await cluster.stepDown(former)
  await until(
    'another node leads in a later term',
    async () => {
      const leader = await cluster.leaderOtherThan(former)
      const now = await cluster.term()
      return leader !== undefined && now > term
        ? happened(true)
        : notYet(`${leader?.name} leads in term ${now}`)
    },
    { within: seconds(20), every: milliseconds(50) },
  )
  expect(await cluster.isLedByOtherThan(former)).toBe(true)
  expect((await cluster.standbys()).map(({ name }) => name)).toContain(former.name)
})

test('the spare node is uninitialised, no voter, and leaves nothing when it is dismissed', async () => {
  const before = await namesLeft(`drill-${runId}-0`)
  const spare = await cluster.startSpare()
  const health = await spare.is(['uninitialized'], { within: seconds(20) })
  expect(health.status).toBe(501)
  expect((await cluster.peers()).map(({ node }) => node)).not.toContain(spare.name)
  await cluster.dismiss(spare)
  expect(await namesLeft(`drill-${runId}-0`)).toEqual(before)
})

test('the texts that a disk holds in clear are found, the secrets are not', async () => {
  const secret = 'canary-that-nobody-may-read'
  await cluster.secrets().write('contract/canary', { secret })
  expect(await new Inspection(cluster).inClear(['core/seal-config', secret])).toEqual([
    'core/seal-config',
  ])
})

describe('a start that fails', () => {
  /** A server that ends at once, and says why; the image is one that has a shell. */
  async function brokenGround(): Promise<Ground> {
    const ground = stage.ground('openbao')
    const { reference } = (await imagesOf(docker, ['localstack'])).localstack
    const entrypoint = ['sh', '-c', 'echo "the licence has expired" >&2; exit 3']
    return { ...ground, images: { ...ground.images, server: { reference, entrypoint } } }
  }

  test('names the node, its exit code and its last words, and leaves nothing', async () => {
    const index = stage.takeIndex()
    const startedMs = performance.now()
    const starting = startCluster(
      await brokenGround(),
      {
        product: 'openbao',
        multiplier: 1,
        tls: true,
        index,
        needs: {},
        aws: stage.awsInside,
        seal: () => stage.seal(index, signal),
        kmsEncrypts: async () => 0,
      },
      signal,
    )
    await expect(starting).rejects.toThrow(
      /^the server of vault-1 ended with exit code 3; the last lines of vault-1: the licence has expired$/,
    )
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    expect(await namesLeft(`drill-${runId}-${index}-`)).toEqual([])
  })

  test('by the end of the run leaves nothing either', async () => {
    const index = stage.takeIndex()
    const stop = new AbortController()
    const reason = new Error('stopped by SIGINT')
    const starting = startCluster(
      stage.ground('openbao'),
      {
        product: 'openbao',
        multiplier: 1,
        tls: true,
        index,
        needs: {},
        aws: stage.awsInside,
        seal: async () => {
          setTimeout(() => stop.abort(reason), 500) // servers are being started then
          return stage.seal(index, stop.signal)
        },
        kmsEncrypts: async () => 0,
      },
      stop.signal,
    )
    await expect(starting).rejects.toThrow('stopped by SIGINT')
    expect(await namesLeft(`drill-${runId}-${index}-`)).toEqual([])
  })

  test('for want of the KMS says so', async () => {
    const index = stage.takeIndex()
    const noKms = async () => {
      throw new Error('LocalStack ended with exit code 55')
    }
    const spec = { product: 'openbao', multiplier: 1, tls: false, index, needs: {} } as const
    const starting = startCluster(
      stage.ground('openbao'),
      { ...spec, aws: stage.awsInside, seal: noKms, kmsEncrypts: async () => 0 },
      signal,
    )
    await expect(starting).rejects.toThrow('LocalStack ended with exit code 55')
    expect(await namesLeft(`drill-${runId}-${index}-`)).toEqual([])
  })
})

test('a removed cluster leaves nothing, and removing it twice is harmless', async () => {
  expect(await namesLeft(`drill-${runId}-0-`)).not.toEqual([])
  await cluster.remove()
  expect(await namesLeft(`drill-${runId}-0-`)).toEqual([])
  await cluster.remove()
})
