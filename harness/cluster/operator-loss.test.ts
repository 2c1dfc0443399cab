import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serving } from '../../fixtures/responses/replay.ts'
import { milliseconds } from '../lib/duration.ts'
import { VaultClient } from '../vault/client.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { OperatorLoss } from './operator-loss.ts'
import { Refusal } from './refusal.ts'
import { View } from './view.ts'

/** `sys/health` of each node, asked again and again; one that is silent has no server there. */
type Answer = number | 'silent' | (() => number)
type World = {
  readonly answers: readonly [Answer, Answer, Answer]
  /** The nodes of which whoever provides machines has one, running or not. */
  readonly machines?: readonly string[]
}

const NAMES = ['vault-1', 'vault-2', 'vault-3'] as const
const nodes = NAMES.map((name) => ({ name }) as Node)
const [first, ...others] = nodes as [Node, Node, Node]
const HEARTBEAT = milliseconds(20)

async function clientOf(node: string, answer: Answer): Promise<VaultClient> {
  const status = () => (typeof answer === 'function' ? answer() : Number(answer))
  const address =
    answer === 'silent'
      ? { host: '127.0.0.1', port: 1 }
      : await serving(createServer((_request, response) => response.writeHead(status()).end('{}')))
  const client = new VaultClient({ node, address })
  onTestFinished(() => client.close())
  return client
}

async function lossIn({ answers, machines = NAMES }: World): Promise<OperatorLoss> {
  const clients = await Promise.all(NAMES.map((name, i) => clientOf(name, answers[i] ?? 'silent')))
  return new OperatorLoss({
    view: new View(clients),
    anonymous: (name: string) => clients[NAMES.indexOf(name as 'vault-1')],
    machines: { isThere: async ({ name }: Node) => machines.includes(name) },
    nodes,
    heartbeat: HEARTBEAT,
    signal: new AbortController().signal,
  } as unknown as OperatorPlace)
}

/** `undefined` when it was taken for so. */
async function refusal(seen: Promise<unknown>): Promise<string | undefined> {
  try {
    await seen
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    return (error as Error).message
  }
}

/** Nobody leads, and then somebody does: at most so many looks have seen an election. */
const electedAfter = (looks: number) => {
  let asked = 0
  return () => (++asked > looks ? 200 : 429)
}

describe('a cluster is taken for lost', () => {
  test.each<[string, World]>([
    ['all machines are gone', { answers: ['silent', 'silent', 'silent'], machines: [] }],
    ['one disk is left', { answers: [429, 'silent', 'silent'], machines: ['vault-1'] }],
    ['two have new disks', { answers: [501, 501, 503] }],
    [
      'a new machine is there already',
      { answers: [501, 'silent', 'silent'], machines: NAMES.slice(0, 1) },
    ],
  ])('when %s', async (_when, world) => {
    const loss = await lossIn(world)
    expect(await refusal(loss.seesClusterLost(nodes, {}))).toBeUndefined()
  })

  test.each<[string, World, RegExp]>([
    ['one leads', { answers: ['silent', 200, 'silent'], machines: [] }, /seen: vault-2 leads;/],
    ['an election is under way', { answers: [429, electedAfter(1), 429] }, /vault-1 is standby/],
    ['all are sealed', { answers: [503, 503, 503] }, /most disks lost.*vault-3 is sealed \(503\)/],
    [
      'they are stopped, or the own link is cut',
      { answers: ['silent', 'silent', 'silent'] },
      /vault-1 does not answer, and its machine is there, vault-2 does not/,
    ],
    [
      'two of three disks are left',
      { answers: [474, 'silent', 'silent'], machines: ['vault-1', 'vault-3'] },
      /vault-3/,
    ],
  ])('and not when %s', async (_when, world, says) => {
    const loss = await lossIn(world)
    expect(await refusal(loss.seesClusterLost(nodes, {}))).toMatch(says)
  })
})

describe('where the disks are said to be bad', () => {
  const disksAreBad = true

  test('a cluster is taken for lost when nobody has led for longer than an election', async () => {
    const loss = await lossIn({ answers: [503, 503, 'silent'] })
    const startedMs = performance.now()
    expect(await refusal(loss.seesClusterLost(nodes, { disksAreBad }))).toBeUndefined()
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(10 * HEARTBEAT.ms)
  })

  test('and not when one is elected meanwhile', async () => {
    const loss = await lossIn({ answers: [429, electedAfter(1), 429] })
    const said = await refusal(loss.seesClusterLost(nodes, { disksAreBad }))
    expect(said).toBe('wanted: no node that leads; seen: vault-2 leads; nothing was changed')
  })

  test('a node that is silent is lost, and one that answers is not', async () => {
    const loss = await lossIn({ answers: [429, 'silent', 503] })
    expect(await refusal(loss.seesLost([others[0] as Node], { disksAreBad }))).toBeUndefined()
    const said = await refusal(loss.seesLost(others, { disksAreBad }))
    expect(said).toMatch(/vault-3 is lost with its disk; seen: vault-3 is sealed/)
  })
})

test.each<[string, Answer, boolean, boolean]>([
  ['its machine is gone', 'silent', false, true],
  ['it has an empty disk', 501, true, true],
  ['it was removed from the peers', 530, true, true],
  ['it is stopped', 'silent', true, false],
  ['it is sealed', 503, true, false],
  ['it serves', 429, true, false],
])('of a node of which %s', async (_what, answer, isThere, isLost) => {
  const machines = isThere ? NAMES : NAMES.slice(1)
  const loss = await lossIn({ answers: [answer, 200, 429], machines })
  expect((await refusal(loss.seesLost([first]))) === undefined).toBe(isLost)
})

describe('a quorum is taken for lost', () => {
  const LEFT: World = { answers: [429, 'silent', 'silent'], machines: ['vault-1'] }

  test('when each node is named, and the disk that is left is there', async () => {
    for (const answer of [429, 503, 'silent'] as const) {
      const loss = await lossIn({ ...LEFT, answers: [answer, 'silent', 'silent'] })
      expect(await refusal(loss.seesQuorumLost(first, others, {}))).toBeUndefined()
    }
  })

  test('also when the one that is left leads by our own doing', async () => {
    const loss = await lossIn({ ...LEFT, answers: [200, 'silent', 'silent'] })
    expect(await refusal(loss.seesQuorumLost(first, others, { leads: [first] }))).toBeUndefined()
    expect(await refusal(loss.seesQuorumLost(first, others, {}))).toMatch(/vault-1 leads/)
  })

  test.each<[string, World, readonly Node[], RegExp]>([
    ['a node is not named', LEFT, others.slice(0, 1), /what became of vault-3/],
    ['no disk is left', { ...LEFT, answers: [501, 'silent', 'silent'] }, others, /uninitialized/],
    [
      'its machine is gone',
      { answers: ['silent', 'silent', 'silent'], machines: [] },
      others,
      /gone/,
    ],
  ])('and not when %s', async (_when, world, lost, says) => {
    const loss = await lossIn(world)
    expect(await refusal(loss.seesQuorumLost(first, lost, {}))).toMatch(says)
  })
})
