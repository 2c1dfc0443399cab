import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Cluster } from './cluster/cluster.ts'
import { Node } from './cluster/node.ts'
import { type SavedCluster, savedText, withoutCustody } from './cluster/saved.ts'
import { Journal } from './journal/journal.ts'
import { RunClock } from './lib/clock.ts'
import { milliseconds } from './lib/duration.ts'
import { Secret } from './lib/secret.ts'
import { givenText, readGiven } from './operator-message.ts'
import { type Apart, type ApartOptions, performApart } from './performing-apart.ts'
import { backup } from './procedures/backup.ts'
import { replaceNode } from './procedures/replace-node.ts'

/** Real processes that perform real procedures, of a cluster whose nodes do not answer. */

const NOBODY = { host: '127.0.0.1', port: 1 }
const TOKEN = 'not-to-be-seen'
const ACCESS = { token: new Secret(TOKEN), accessor: 'a', bucket: 'b', kmsKey: 'k' }
const FIRST = 'See that the token may read a snapshot'

const container = { id: 'none', name: 'none' }
const pod = { pod: container, links: NOBODY }
const node = {
  name: 'vault-1',
  pod: container,
  vault: container,
  volume: 'none',
  links: NOBODY,
  address: NOBODY,
}
const saved = {
  run: 'made',
  labels: {},
  network: 'none',
  images: {},
  prefix: 'made',
  abilities: {},
  nodes: [node],
  balancer: { ...pod, container, address: NOBODY },
  operator: { ...pod, addresses: { 'vault-1': NOBODY, balancer: NOBODY, s3: NOBODY } },
  topology: { nodes: [], balancer: {}, operator: {} },
  product: 'openbao',
  multiplier: 1,
  aws: { address: NOBODY, key: { id: 'k' } },
  rootToken: new Secret(TOKEN),
  recoveryKeys: [],
  serverSpec: {},
  readiness: {},
}

let directory: string
let journal: Journal
const stop = new AbortController()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'apart-'))
  journal = new Journal(directory, new RunClock())
  return () => {
    journal.close()
    rmSync(directory, { recursive: true })
  }
})

const looks: string[] = []
const cluster = {
  docker: { engine: { modem: { getSocketPath: async () => '/nowhere' } }, facts: { local: false } },
  save: async () => saved,
  workplace: { seeSuccessors: async () => void looks.push('looked') },
} as unknown as Cluster

const perform = (options: ApartOptions, signal = stop.signal) =>
  performApart({ ...backup }, { access: ACCESS, kind: 'manual' }, options, {
    cluster,
    journal,
    folder: join(directory, 'operator'),
    signal,
    operations: { count: 0 },
  })

const lines = () =>
  readFileSync(join(directory, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; data: Record<string, unknown> })

describe('an operator at a machine of their own', () => {
  test('is killed in the middle of a step, and the record says in which', async () => {
    looks.length = 0
    const apart = await perform({ killed: { step: 1, when: milliseconds(30) } })
    expect(apart).toMatchObject({ ended: 'killed', at: FIRST })
    expect(apart.why).toMatch(/^the operator's process \d+ was killed \d+ ms after it began$/)
    const pid = Number(/\d+/.exec(apart.why)?.[0])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(lines()).toMatchObject([
      { kind: 'procedure.started', data: { procedure: 'backup' } },
      { kind: 'step.started', data: { title: FIRST, source: 'RB:103' } },
      { kind: 'step.ended', data: { title: FIRST, outcome: 'failed', observed: apart.why } },
    ])
    expect(looks).toHaveLength(2) // before it, and for what it left behind
  })

  test('is kept waiting while something happens to the world', async () => {
    const seen: string[] = []
    const act = async (title: string) => void seen.push(title, lines().at(-1)?.kind ?? '')
    await perform({ meanwhile: { step: 1, act }, killed: { step: 1, when: milliseconds(0) } })
    expect(seen).toEqual([FIRST, 'step.started'])
  })

  test('ends with the run', async () => {
    const run = new AbortController()
    const act = async () => run.abort(new Error('the run was stopped'))
    await expect(perform({ meanwhile: { step: 1, act } }, run.signal)).rejects.toThrow('stopped')
  })

  test('is refused while another one does the same, and not when that one was killed', async () => {
    let second: Apart | undefined
    const act = async () => {
      second = await perform({})
    }
    await perform({ meanwhile: { step: 1, act }, killed: { step: 1, when: milliseconds(0) } })
    expect(second).toMatchObject({ ended: 'refused', at: '' })
    expect(second?.why).toMatch(
      /nobody else who performs backup .* process \d+ performs backup since/,
    )
    const third = await perform({ killed: { step: 1, when: milliseconds(0) } })
    expect(third).toMatchObject({ ended: 'killed', at: FIRST })
  })

  test('leaves no token in the journal', async () => {
    await perform({ killed: { step: 1, when: milliseconds(0) } })
    expect(readFileSync(join(directory, 'journal.jsonl'), 'utf8')).not.toContain(TOKEN)
  })
})

test('what a procedure is given crosses the channel: nodes by name, secrets in clear', () => {
  const of = (name: string) => new Node({ name } as ConstructorParameters<typeof Node>[0])
  const text = givenText({ nodes: [of('vault-2')], token: ACCESS.token, youngerThan: { ms: 5 } })
  const read = readGiven(text, { node: of }) as {
    nodes: readonly Node[]
    token: Secret
    youngerThan: object
  }
  expect(read.nodes[0]).toBeInstanceOf(Node)
  expect(read.nodes[0]?.name).toBe('vault-2')
  expect(read.token.reveal()).toBe(TOKEN)
  expect(read.youngerThan).toEqual({ ms: 5 })
})

test('the process of an operator is told no secret of the team but what is given', () => {
  const whole = { ...saved, aws: { ...saved.aws, key: { id: 'k', material: new Secret(TOKEN) } } }
  const cluster = { ...whole, recoveryKeys: [new Secret(TOKEN)] } as unknown as SavedCluster
  expect(savedText(cluster)).toContain(TOKEN)
  expect(savedText(withoutCustody(cluster))).not.toContain(TOKEN)
})

test('a node that a procedure was given is in the record', async () => {
  const node = new Node({ name: 'vault-1' } as ConstructorParameters<typeof Node>[0])
  const given = { node, custody: { token: new Secret(TOKEN) } }
  await performApart(
    replaceNode,
    given,
    { killed: { step: 1, when: 'after' } },
    {
      cluster,
      journal,
      folder: join(directory, 'operator'),
      signal: stop.signal,
      operations: { count: 0 },
    },
  )
  expect(lines()[0]?.data).toMatchObject({ nodes: ['vault-1'] })
  expect(lines().map(({ kind }) => kind)).toEqual([
    'procedure.started',
    'step.started',
    'step.ended',
  ])
})
