import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Body } from './body.ts'
import type { Cluster } from './cluster/cluster.ts'
import { Node, type NodeParts } from './cluster/node.ts'
import { aimed, type Fault, type FaultKind, type FaultPlan } from './faults/fault.ts'
import type { Entry } from './journal/entry.ts'
import { Journal } from './journal/journal.ts'
import { RunClock } from './lib/clock.ts'
import { milliseconds } from './lib/duration.ts'
import { Seed } from './lib/seed.ts'
import { happened, NeverHappened, notYet } from './lib/until.ts'
import { steady } from './probes/traffic.ts'
import type { Procedure } from './procedures/procedure.ts'

/** The verbs of a scenario's body, against a real journal. No verb looks into the cluster itself. */
const processes = { 'vault-1': { pid: 4711, ageMs: 90_000 } }
const cluster = {
  docker: 'the engine',
  operator: () => 'the operator',
  processes: async () => processes,
  run: 'a1b2c3',
} as unknown as Cluster

let journal: Journal
let stop: AbortController
let body: Body
const bodyWith = (seed: string): Body =>
  new Body({
    cluster,
    journal,
    seed: new Seed(seed),
    operatorFolder: join(journal.directory, 'operator'),
    lengths: { load: milliseconds(7) },
    settles: milliseconds(1),
    signal: stop.signal,
  })
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'body-'))
  mkdirSync(join(directory, 'undo'))
  journal = new Journal(directory, new RunClock())
  stop = new AbortController()
  body = bodyWith('7f3a')
})
afterEach(() => {
  vi.restoreAllMocks()
  journal.close()
  rmSync(journal.directory, { recursive: true })
})

/** What is on disk now, without what changes from run to run. */
function entries(): readonly Pick<Entry, 'kind' | 'data'>[] {
  const lines = readFileSync(join(journal.directory, 'journal.jsonl'), 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => {
    const { kind, data } = JSON.parse(line) as Entry
    return { kind, data } as Pick<Entry, 'kind' | 'data'>
  })
}
const kinds = () => entries().map(({ kind }) => kind)
const dataOf = (kind: Entry['kind']) => entries().find((entry) => entry.kind === kind)?.data

type Change = Partial<Omit<FaultKind, 'plan'>> & { readonly plan?: () => Promise<FaultPlan> }

/** A fault that works; a test changes one part of it. Nobody sees it before it is injected. */
const fault = (name: string, change: Change = {}): Fault => {
  const { witness = async () => happened('it is gone'), ...rest } = change
  let looks = 0
  return aimed({
    name,
    family: 'process',
    does: 'nothing',
    witnessed: 'nobody',
    cannotShow: 'anything',
    source: '-',
    final: false,
    targets: ['vault-1'],
    parameters: {},
    needs: [],
    plan: async () => PLAN,
    inject: async () => ({ issued: 10, proven: 20 }),
    heal: async () => {},
    residue: async () => [],
    ...rest,
    witness: async (...given) => (looks++ === 0 ? notYet('before') : witness(...given)),
  })
}
const PLAN: FaultPlan = { target: 'vault-1', touches: [] }

describe('a fault', () => {
  test('leaves its plan, its two instants and its witness', async () => {
    await body.verbs.inject(fault('killed'))
    const event = { fault: '01-killed', name: 'killed', target: 'vault-1' }
    expect(entries()).toEqual([
      {
        kind: 'fault.planned',
        data: {
          ...event,
          plan: PLAN,
          undo: 'undo/01-killed.json',
          final: false,
          cannotShow: 'anything',
        },
      },
      { kind: 'node.processes', data: { when: 'fault', nodes: processes } },
      { kind: 'fault.injected', data: { ...event, issued: 10, proven: 20 } },
      { kind: 'fault.witnessed', data: { ...event, witness: 'it is gone' } },
    ])
  })

  test('has its plan on disk before it is injected', async () => {
    const seen: unknown[] = []
    const undo = join(journal.directory, 'undo', '01-killed.json')
    const plan = { ...PLAN, pid: 4711 }
    await body.verbs.inject(
      fault('killed', {
        plan: async () => {
          seen.push(existsSync(undo))
          return plan
        },
        inject: async (_cluster, given) => {
          seen.push(JSON.parse(readFileSync(undo, 'utf8')), kinds(), given)
          return { issued: 1, proven: 2 }
        },
      }),
    )
    const before = ['fault.planned', 'node.processes']
    expect(seen).toEqual([false, { fault: 'killed', final: false, plan }, before, plan])
  })

  test('that is injected twice has two plans', async () => {
    await body.verbs.inject(fault('killed'))
    await body.verbs.inject(fault('killed'))
    expect(existsSync(join(journal.directory, 'undo', '02-killed.json'))).toBe(true)
  })

  test('whose effect is there already is refused, and nothing is journaled', async () => {
    const kill = fault('killed')
    const { kind } = kill
    const done = { ...kind, witness: async () => happened('it is gone') }
    await expect(body.verbs.inject({ ...kill, kind: done })).rejects.toThrow(
      'killed of vault-1 is refused, its effect is there already: it is gone',
    )
    expect(entries()).toEqual([])
  })

  test('that fails half-way is healed all the same', async () => {
    const heal = vi.fn(async () => {})
    const inject = async () => {
      throw new Error('the engine is gone')
    }
    await expect(body.verbs.inject(fault('cut', { inject, heal }))).rejects.toThrow(
      'engine is gone',
    )
    await body.healAll()
    expect(heal).toHaveBeenCalledWith('the engine', PLAN)
    expect(kinds()).toEqual(['fault.planned', 'node.processes', 'fault.healed'])
  })

  test('whose plan fails is no fault', async () => {
    const plan = async () => {
      throw new Error('nobody leads')
    }
    await expect(body.verbs.inject(fault('cut', { plan }))).rejects.toThrow('nobody leads')
    await body.healAll()
    expect(entries()).toEqual([])
  })

  test('that nobody sees is journaled with what was seen last, and the body goes on', async () => {
    const witness = async () => {
      aMinutePasses()
      return notYet('vault-1 still runs')
    }
    await body.verbs.inject(fault('killed', { witness }))
    expect(kinds().slice(-2)).toEqual(['fault.injected', 'fault.unseen'])
    expect(dataOf('fault.unseen')).toMatchObject({ lastSeen: 'vault-1 still runs' })
  })

  test('whose witness is not there yet is looked for again', async () => {
    const looks = [notYet('it runs'), notYet('it runs'), happened('it ended')]
    await body.verbs.inject(fault('killed', { witness: async () => looks.shift() ?? notYet('?') }))
    expect(dataOf('fault.witnessed')).toMatchObject({ witness: 'it ended' })
  })

  test('ends with the run when that is stopped while it waits for the witness', async () => {
    const witness = async () => {
      stop.abort(new Error('stopped by SIGINT'))
      return notYet('it runs')
    }
    await expect(body.verbs.inject(fault('killed', { witness }))).rejects.toThrow('by SIGINT')
    expect(kinds().at(-1)).toBe('fault.injected')
  })
})

describe('several faults', () => {
  test('are planned before the first of them is injected, one beside the other', async () => {
    await body.verbs.inject(fault('cut'), fault('killed'))
    expect(kinds().slice(0, 3)).toEqual(['fault.planned', 'fault.planned', 'node.processes'])
    expect(kinds().filter((kind) => kind === 'fault.witnessed')).toHaveLength(2)
  })

  test('are healed one by one, and what is healed keeps no undo plan', async () => {
    const healed: string[] = []
    const noting = (name: string) =>
      fault(name, { heal: async () => void healed.push(name), final: name === 'lost' })
    const [cut, kill, lost] = [noting('cut'), noting('killed'), noting('lost')]
    await body.verbs.inject(cut, kill, lost)
    await body.verbs.heal(cut)
    expect(healed).toEqual(['cut'])
    await body.healAll()
    expect(healed).toEqual(['cut', 'lost', 'killed', 'lost', 'killed'])
    const undo = readdirSync(join(journal.directory, 'undo')).toSorted()
    expect(undo).toEqual(['01-cut.json.done', '02-killed.json.done', '03-lost.json'])
  })
})

describe('faults that are planned before', () => {
  const calm = vi.fn(async () => {})
  const calmly = () =>
    new Body({
      ...{ cluster, journal, seed: new Seed('7f3a'), operatorFolder: '', signal: stop.signal },
      calm,
    })
  beforeEach(() => calm.mockClear())

  test('are injected later without another plan and without a wait for calm', async () => {
    const { verbs } = calmly()
    const [cut, kill] = [fault('cut'), fault('killed')]
    await verbs.plan(cut, kill)
    expect(calm).toHaveBeenCalledTimes(1)
    expect(kinds()).toEqual(['fault.planned', 'fault.planned'])
    await verbs.inject(cut, kill)
    expect(calm).toHaveBeenCalledTimes(1)
    expect(kinds().slice(2, 3)).toEqual(['node.processes'])
    expect(kinds().filter((kind) => kind === 'fault.injected')).toHaveLength(2)
  })

  test('are not those of another call, which plans its own', async () => {
    const { verbs } = calmly()
    await verbs.plan(fault('cut'))
    await verbs.inject(fault('killed'))
    expect(kinds().slice(0, 3)).toEqual(['fault.planned', 'fault.planned', 'node.processes'])
    expect(dataOf('fault.injected')).toMatchObject({ fault: '02-killed' })
  })

  test('give their effects in the order in which they are injected', async () => {
    const { verbs } = calmly()
    const [cut, kill] = [10, 20].map((issued) =>
      fault(`f${issued}`, { inject: async () => ({ issued, proven: issued }) }),
    ) as [Fault, Fault]
    await verbs.plan(kill)
    const effects = await verbs.inject(cut, kill)
    expect(effects.map(({ issued }) => issued)).toEqual([10, 20])
  })

  test('and healed are planned anew', async () => {
    const { verbs } = calmly()
    const cut = fault('cut', { witness: async () => notYet('nothing') })
    await verbs.plan(cut)
    await verbs.heal(cut)
    await verbs.plan(cut)
    expect(kinds()).toEqual(['fault.planned', 'fault.healed', 'fault.planned'])
  })
})

describe('a state that should hold', () => {
  test('is a check that tells when it first did not', async () => {
    const looks = [true, true, false]
    await body.verbs.holds('no node seals', milliseconds(500), async () => looks.shift() ?? true)
    const { expected, observed } = dataOf('check') as { expected: unknown; observed: unknown }
    expect(expected).toBe('always')
    expect(observed).toMatch(/^after \d+ ms: not so$/)
  })

  test('holds when no look said otherwise', async () => {
    await body.verbs.holds('no node seals', milliseconds(120), async () => true)
    expect(dataOf('check')).toMatchObject({ expected: 'always', observed: 'always' })
  })
})

describe('healing', () => {
  test('goes from the latest to the first, twice and never again', async () => {
    const healed: string[] = []
    for (const name of ['first', 'second', 'third']) {
      const heal = async () => void healed.push(name)
      await body.verbs.inject(fault(name, { heal, residue: async () => [`of ${name}`] }))
    }
    await body.healAll()
    await body.healAll()
    expect(healed).toEqual(['third', 'second', 'first', 'third', 'second', 'first'])
    const told = entries().filter(({ kind }) => kind === 'fault.healed')
    expect(told.map(({ data }) => data)).toMatchObject([
      { fault: '03-third', residue: ['of third'] },
      { fault: '02-second', residue: ['of second'] },
      { fault: '01-first', residue: ['of first'] },
    ])
  })

  test('starts again what ended for want of something that was healed after it', async () => {
    const [refused, runs] = [{ now: true }, { now: false }]
    const kms = fault('kms-refused', {
      heal: async () => {
        refused.now = false
      },
    })
    const kill = fault('kill', {
      heal: async () => {
        runs.now = !refused.now
      },
      residue: async () => (runs.now ? [] : ['vault-1 is not running']),
    })
    await body.verbs.inject(kms)
    await body.verbs.inject(kill)
    await body.healAll()
    const told = entries().filter(({ kind }) => kind === 'fault.healed')
    expect(told.map(({ data }) => data)).toMatchObject([
      { name: 'kill', residue: [] },
      { name: 'kms-refused', residue: [] },
    ])
  })

  test.each(['heal', 'residue'] as const)('never throws: a failed %s is stuck', async (part) => {
    const failing = async () => {
      throw new TypeError('no such container')
    }
    await body.verbs.inject(fault('first'))
    await body.verbs.inject(fault('second', { [part]: failing }))
    await body.healAll()
    expect(kinds().slice(-2)).toEqual(['fault.stuck', 'fault.healed'])
    expect(dataOf('fault.stuck')).toMatchObject({ fault: '02-second', why: 'no such container' })
  })

  test('happens also after the run was stopped', async () => {
    await body.verbs.inject(fault('killed'))
    stop.abort(new Error('stopped'))
    await body.healAll()
    expect(kinds()).toContain('fault.healed')
  })
})

describe('a wait', () => {
  test.each([
    ['true', async () => true],
    ['a look', async () => happened('vault-2')],
  ])('that ends with %s is journaled from its start', async (_with, look) => {
    await body.verbs.until('another node leads', look)
    expect(entries()).toMatchObject([
      { kind: 'wait.started', data: { what: 'another node leads', limitMs: 120_000 } },
      { kind: 'wait.happened', data: { what: 'another node leads' } },
    ])
  })

  test.each([
    ['what it saw last', async () => notYet('vault-1 leads'), 'vault-1 leads'],
    ['only that it is not so', async () => false, 'not so'],
    ['why it could not look', async () => Promise.reject(new Error('no answer')), 'no answer'],
  ])('that expires says %s', async (_what, look, lastSeen) => {
    const waiting = body.waitFor('another node leads', look, milliseconds(20))
    await expect(waiting).rejects.toThrow(NeverHappened)
    const { waitedMs, ...expired } = dataOf('wait.expired') as { waitedMs: number }
    expect(expired).toEqual({ what: 'another node leads', lastSeen })
    expect(waitedMs).toBeGreaterThanOrEqual(19)
  })

  test('ends with the run, and says so', async () => {
    const waiting = body.verbs.until('another node leads', async () => {
      stop.abort(new Error('stopped by SIGTERM'))
      return false
    })
    await expect(waiting).rejects.toThrow('stopped by SIGTERM')
    expect(dataOf('wait.expired')).toMatchObject({ lastSeen: 'stopped by SIGTERM' })
  })
})

describe('a procedure', () => {
  const procedure = (second: () => Promise<void>): Procedure<{ node: string }> => ({
    name: 'rejoin-node',
    runbook: 'docs/runbook/rejoin-node.md',
    async perform(operator, { node }, step) {
      const first = await step('Look', async () => `${operator} looks at ${node}`)
      expect(first).toBe('the operator looks at vault-2')
      await step('Act', second)
    },
  })

  test('leaves each of its steps', async () => {
    await body.verbs.perform(
      procedure(async () => {}),
      { node: 'vault-2' },
    )
    const name = 'rejoin-node'
    expect(entries()).toEqual([
      { kind: 'procedure.started', data: { procedure: name, form: 'corrected' } },
      { kind: 'step.started', data: { procedure: name, title: 'Look' } },
      { kind: 'step.ended', data: { procedure: name, title: 'Look', outcome: 'done' } },
      { kind: 'step.started', data: { procedure: name, title: 'Act' } },
      { kind: 'step.ended', data: { procedure: name, title: 'Act', outcome: 'done' } },
    ])
  })

  test('names the nodes that it was given', async () => {
    const node = new Node({ name: 'vault-2' } as NodeParts)
    await body.verbs.perform(
      { name: 'replace', runbook: 'docs/runbook/rejoin-node.md', perform: async () => {} },
      { node, others: [new Node({ name: 'vault-3' } as NodeParts)], snapshot: 'none' },
    )
    expect(dataOf('procedure.started')).toMatchObject({ nodes: ['vault-2', 'vault-3'] })
  })

  test('ends at the step that fails', async () => {
    const act = async () => {
      throw new Error('the key is disabled')
    }
    const performed = body.verbs.perform(procedure(act), { node: 'vault-2' })
    await expect(performed).rejects.toThrow('the key is disabled')
    expect(entries().at(-1)).toMatchObject({
      kind: 'step.ended',
      data: { title: 'Act', outcome: 'failed', observed: 'the key is disabled' },
    })
  })

  test('begins no step after the run was stopped', async () => {
    stop.abort(new Error('stopped'))
    const performed = body.verbs.perform(
      procedure(async () => {}),
      { node: 'vault-2' },
    )
    await expect(performed).rejects.toThrow('stopped')
    expect(kinds()).toEqual(['procedure.started'])
  })
})

describe('a check', () => {
  test.each([
    ['what is as it should be', async () => 429, 429],
    ['what is not', async () => 503, 503],
    [
      'why nothing could be seen',
      async () => Promise.reject(new Error('no answer')),
      'error: no answer',
    ],
  ])('records %s, and the body goes on', async (_what, look, observed) => {
    await body.verbs.check('the standby answers 429', 429, look)
    expect(entries()).toEqual([
      { kind: 'check', data: { title: 'the standby answers 429', expected: 429, observed } },
    ])
  })

  test('is not made after the run was stopped', async () => {
    stop.abort(new Error('the deadline has passed'))
    await expect(body.verbs.check('x', 1, async () => 1)).rejects.toThrow('deadline has passed')
  })
})

describe('a bug is not taken for a finding in', () => {
  const bug = async () => {
    throw new TypeError('undefined is not a function')
  }
  test.each([
    ['a plan', () => body.verbs.inject(fault('killed', { plan: bug }))],
    ['an injection', () => body.verbs.inject(fault('killed', { inject: bug }))],
    ['a wait', () => body.verbs.until('it is so', bug)],
    ['a check', () => body.verbs.check('it is so', true, bug)],
  ])('%s', async (_where, verb) => {
    await expect(verb()).rejects.toThrow(TypeError)
  })
})

test('a choice is made by the seed', () => {
  const nodes = ['vault-1', 'vault-2', 'vault-3']
  const others = ['a', 'b'].map(bodyWith)
  const choices = [body, body, ...others].map(({ verbs }) => verbs.choose('standby', nodes))
  expect(choices).toEqual(['vault-2', 'vault-2', 'vault-1', 'vault-3'])
})

test('the load of a scenario that has none is over at once', async () => {
  await body.verbs.loaded()
})

test('loads of its own are sent beside each other', async () => {
  const sent: unknown[] = []
  const sending = new Body({
    ...{ cluster, journal, seed: new Seed('7f3a'), operatorFolder: '', signal: stop.signal },
    send: async (loads) => {
      sent.push(loads.map(({ load }) => load))
    },
  })
  const first = steady({ lasts: milliseconds(1) })
  await sending.verbs.send({ ...first, load: 'a' }, { ...first, load: 'b' })
  expect(sent).toEqual([['a', 'b']])
})

test('a length is the one that it was given, and there is no other', () => {
  expect(body.verbs.length('load')).toEqual(milliseconds(7))
  expect(() => body.verbs.length('lode')).toThrow('the scenario has no length "lode"')
})

/** The limits of the verbs are longer than a test may last. */
function aMinutePasses(): void {
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 60_001)
}
