import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { BodyOptions } from './body.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { OperationLog, OperatorNotes } from './cluster/operator-notes.ts'
import { Refusal } from './cluster/refusal.ts'
import { DeadlinePassed, recordFailure } from './failures.ts'
import { Journal } from './journal/journal.ts'
import { RunClock } from './lib/clock.ts'
import { minutes } from './lib/duration.ts'
import { RequestFailed } from './lib/http.ts'
import { Secret } from './lib/secret.ts'
import { Seed } from './lib/seed.ts'
import { Performing } from './performing.ts'
import type { Procedure } from './procedures/procedure.ts'
import { VaultError } from './vault/error.ts'

/** Procedures against a real journal and a real folder; the operator is what it is given. */
type Place = {
  readonly signal: AbortSignal
  readonly notes: OperatorNotes
  readonly log: OperationLog
}

let directory: string
let journal: Journal
let options: BodyOptions
let performing: Performing
const stop = new AbortController()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'performing-'))
  journal = new Journal(directory, new RunClock())
  const operator = (signal: AbortSignal, rest: object) => ({ signal, ...rest })
  options = {
    cluster: { operator } as unknown as Cluster,
    journal,
    seed: new Seed('7f3a'),
    operatorFolder: join(directory, 'operator'),
    signal: stop.signal,
  }
  performing = new Performing(options)
  return () => {
    journal.close()
    rmSync(directory, { recursive: true })
  }
})

const lines = () =>
  readFileSync(join(directory, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; data: Record<string, unknown> })
const ends = () =>
  lines()
    .filter(({ kind }) => kind === 'step.ended')
    .map(({ data }) => [data.title, data.outcome])

const procedure = (acts: Readonly<Record<string, (place: Place) => Promise<unknown>>>) =>
  ({
    name: 'made',
    runbook: 'docs/runbook/backup.md',
    async perform(operator, _given, step) {
      const place = operator as unknown as Place
      for (const [title, act] of Object.entries(acts)) {
        await step(title, () => act(place), { source: 'RB:1', people: minutes(2) })
      }
    },
  }) satisfies Procedure<object>

const nothing = async () => {}

test('a step says where it comes from and what people need for it', async () => {
  await performing.perform(procedure({ Look: nothing }), {})
  expect(lines()).toMatchObject([
    { kind: 'procedure.started' },
    { kind: 'step.started', data: { title: 'Look', source: 'RB:1' } },
    { kind: 'step.ended', data: { outcome: 'done', declaredHumanMs: 120_000 } },
  ])
})

test('what a step tells is in the journal and with whoever asked for it', async () => {
  const told: string[] = []
  const telling: Procedure<object> = {
    ...procedure({}),
    perform: async (_operator, _given, step) => {
      await step('Look', async () => 3, { tells: (found) => `${found} of them` })
    },
  }
  await performing.perform(telling, {}, { told })
  expect(told).toEqual(['3 of them'])
  expect(lines().at(-1)).toMatchObject({ data: { outcome: 'done', observed: '3 of them' } })
})

test('a procedure within a step keeps its own name, and says what people had to do', async () => {
  let came: unknown
  const outer: Procedure<object> = {
    ...procedure({}),
    name: 'outer',
    perform: async (_operator, _given, step, within) => {
      came = await step('All of it', () => within(procedure({ Look: nothing }), {}))
    },
  }
  await performing.perform(outer, {})
  expect(came).toMatchObject({ byPeople: ['Look'] })
  const told = lines().map(({ kind, data }) => [kind, data.procedure, data.title])
  expect(told).toEqual([
    ['procedure.started', 'outer', undefined],
    ['step.started', 'outer', 'All of it'],
    ['procedure.started', 'made', undefined],
    ['step.started', 'made', 'Look'],
    ['step.ended', 'made', 'Look'],
    ['step.ended', 'outer', 'All of it'],
  ])
})

test('a step that is left out is not done, and the journal says so', async () => {
  let acted = false
  const act = async () => {
    acted = true
  }
  await performing.perform(procedure({ Look: act, Go: nothing }), {}, { omit: 'Look' })
  expect(acted).toBe(false)
  expect(ends()).toEqual([
    ['Look', 'skipped'],
    ['Go', 'done'],
  ])
})

test('a refusal is told apart from a failure, and needs nothing of people', async () => {
  const refuses = async () => {
    throw new Refusal('no node that leads', 'vault-1 leads')
  }
  await expect(performing.perform(procedure({ Look: refuses }), {})).rejects.toThrow(Refusal)
  expect(lines().at(-1)?.data).toMatchObject({ outcome: 'refused' })
  expect(lines().at(-1)?.data).not.toHaveProperty('declaredHumanMs')
})

test('an error that ends a step is thrown as it is, and known by its step', async () => {
  const error = new VaultError({
    node: 'vault-2',
    method: 'PUT',
    path: 'sys/unseal',
    status: 400,
    errors: [],
    headers: {},
  })
  const fails = async () => {
    throw error
  }
  const outer: Procedure<object> = {
    ...procedure({}),
    name: 'outer',
    perform: async (_operator, _given, step, within) => {
      await step('All of it', () => within(procedure({ Open: fails }), {}))
    },
  }
  await expect(performing.perform(outer, {})).rejects.toBe(error)
  recordFailure(journal, error, stop.signal)
  expect(lines().at(-1)).toMatchObject({
    kind: 'error',
    data: { infrastructure: false, step: { procedure: 'made', title: 'Open' } },
  })
})

test('what is broken off from outside is no failure of its step', async () => {
  const aborting = new AbortController()
  const { signal } = aborting
  const late = new DeadlinePassed({ ms: 1000 })
  const failing = new RequestFailed('GET sys/health: stopped', { sent: true, code: 'ABORTED' })
  const own = new Performing({ ...options, signal })
  const asks = async () => {
    aborting.abort(late)
    throw failing
  }
  await expect(own.perform(procedure({ Ask: asks }), {})).rejects.toBe(late)
  recordFailure(journal, late, stop.signal)
  expect(lines().at(-1)?.data).toEqual({ message: late.message, infrastructure: false })
})

test('the operator has the token that a procedure is given, and else none', async () => {
  const tokens: unknown[] = []
  const operator = (_signal: AbortSignal, { token }: { readonly token?: Secret }) => {
    tokens.push(token?.reveal())
    return {}
  }
  const own = new Performing({ ...options, cluster: { operator } as unknown as Cluster })
  const inner = procedure({ Look: nothing })
  const outer: Procedure<object> = {
    ...inner,
    name: 'outer',
    perform: async (_operator, _given, _step, within) => {
      await within(inner, {})
    },
  }
  await own.perform(outer, { custody: { token: new Secret('given') } })
  expect(tokens).toEqual(['given', undefined])
})

test('an operator leaves a folder that only its owner reads, and no secret in the journal', async () => {
  const keeps = async ({ notes }: Place) => notes.keep('token', new Secret('not-to-be-seen'))
  await performing.perform(procedure({ Keep: keeps }), {})
  let kept: Secret | undefined
  const finds = async ({ notes }: Place) => {
    kept = notes.kept('token')
    notes.forget('token')
  }
  await performing.perform(procedure({ Find: finds }), {})
  expect(kept?.reveal()).toBe('not-to-be-seen')
  const folder = join(directory, 'operator')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(existsSync(join(folder, 'token'))).toBe(false)
  expect(JSON.stringify(lines())).not.toContain('not-to-be-seen')
})

test('whoever changes the cluster is refused while another one does, whatever they perform', async () => {
  const twice = async () => {
    const again = performing.perform(procedure({ Look: nothing }), {})
    await expect(again).rejects.toThrow(
      `wanted: nobody else who changes the cluster from this folder; seen: process ${process.pid} performs made since before; nothing was changed`,
    )
    const other = performing.perform({ ...procedure({ Look: nothing }), name: 'other' }, {})
    await expect(other).rejects.toThrow('performs made since before')
    await performing.perform({ ...procedure({ Read: nothing }), besideOthers: true }, {})
  }
  await performing.perform(procedure({ Go: twice }), {})
  expect(ends()).toEqual([
    ['Read', 'done'],
    ['Go', 'done'],
  ])
  await performing.perform(procedure({ Look: nothing }), {})
})

test('one that changes nothing is refused beside itself only', async () => {
  const reads = (name: string, act = nothing) => ({
    ...procedure({ Read: act }),
    name,
    besideOthers: true as const,
  })
  const again = async () => {
    await expect(performing.perform(reads('made'), {})).rejects.toThrow(
      `wanted: nobody else who performs made from this folder; seen: process ${process.pid} performs made since before; nothing was changed`,
    )
    await performing.perform(reads('other'), {})
    await performing.perform(procedure({ Change: nothing }), {})
  }
  await performing.perform(reads('made', again), {})
  expect(ends()).toEqual([
    ['Read', 'done'],
    ['Change', 'done'],
    ['Read', 'done'],
  ])
})

test('what the operator does to all data at once is numbered through', async () => {
  const restores = async ({ log }: Place) => log.ended(await log.began('restore'), 'refused', '400')
  await performing.perform(procedure({ Restore: restores }), {})
  await performing.perform(procedure({ Again: restores }), {})
  expect(lines().filter(({ kind }) => kind.startsWith('operation.'))).toMatchObject([
    { kind: 'operation.began', data: { operation: 1, f: 'restore' } },
    { kind: 'operation.ended', data: { operation: 1, outcome: 'refused', why: '400' } },
    { kind: 'operation.began', data: { operation: 2 } },
    { kind: 'operation.ended', data: { operation: 2 } },
  ])
})
