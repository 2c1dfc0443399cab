import { describe, expect, test } from 'vitest'
import type { Verbs } from './body.ts'
import { Seed } from './lib/seed.ts'
import { type Cell, cellsOf, interrupt, type StepTimes, sampleOf } from './matrix.ts'
import type { Apart, ApartOptions } from './performing-apart.ts'
import { backup } from './procedures/backup.ts'
import { replaceNode } from './procedures/replace-node.ts'
import { restoreCluster } from './procedures/restore-cluster.ts'

const cells = [
  ...(await cellsOf(backup)),
  ...(await cellsOf(replaceNode)),
  ...(await cellsOf(restoreCluster)),
]

test('every step of the three procedures is interrupted in three ways', () => {
  expect(cells.slice(0, 3).map(({ step, of, when }) => [step, of, when])).toEqual([
    [1, 'operator', 'inside'],
    [1, 'operator', 'after'],
    [1, 'active-node', 'inside'],
  ])
  const count = (name: string) => cells.filter(({ procedure }) => procedure.name === name).length
  expect(['backup', 'replace-node', 'restore-cluster'].map(count)).toEqual([33, 24, 48])
})

test('a sample is what the seed chooses, each cell once and in order', () => {
  const chosen = (seed: string) => {
    const own = new Seed(seed)
    return sampleOf(cells, 8, (purpose, from) => own.pick(purpose, from))
  }
  const sample = chosen('7f3a')
  expect(new Set(sample).size).toBe(8)
  expect(sample.map((cell) => cells.indexOf(cell))).toEqual(
    sample.map((cell) => cells.indexOf(cell)).toSorted((a, b) => a - b),
  )
  expect(chosen('7f3a')).toEqual(sample)
  expect(chosen('other')).not.toEqual(sample)
  expect(sampleOf(cells.slice(0, 3), 8, (_purpose, [first]) => first as never)).toHaveLength(3)
})

describe('a cell', () => {
  const cell = (of: Cell['of'], title?: string) =>
    cells.find((each) => each.of === of && each.title === (title ?? 'Restore the snapshot to it'))
  const at = 'Restore the snapshot to it'
  const closedUntil = 'Put the nodes back into the balancer'

  /** What the performances come to, one after the other, in a cluster that is healthy. */
  function verbsOf(aparts: readonly Apart[], { served = '503', voters = 3 } = {}) {
    const asked: ApartOptions[] = []
    let performed = 0
    const verbs = {
      cluster: {
        nodes: [1, 2, 3],
        healthyVoters: async () => voters,
        workplace: { seeSuccessors: async () => {} },
      },
      choose: <T>(_purpose: string, [first]: readonly T[]) => first,
      heal: async () => {},
      inspect: {
        // Closed as long as it is interrupted, and open when it has come to its end.
        throughBalancer: async () => (performed > 1 || aparts.length === 1 ? '200' : served),
        leaders: async () => [],
      },
      performApart: async (_procedure: unknown, _given: unknown, options: ApartOptions) => {
        asked.push(options)
        await options.meanwhile?.act(at)
        return aparts[performed++]
      },
      until: async (what: string, look: () => Promise<boolean>) => {
        if (!(await look())) throw new Error(`"${what}" never happened`)
      },
    } as unknown as Verbs
    return { verbs, asked }
  }
  const live = (verbs: Verbs, of: Cell['of'] = 'operator') =>
    interrupt(verbs, cell(of) as Cell, {}, { closedUntil })

  const KILLED: Apart = { ended: 'killed', at, why: 'killed 5 ms after it began', took: {} }
  const DONE: Apart = {
    ended: 'done',
    at: 'Tell those who wait that it is over',
    why: '',
    took: { [at]: 400 },
  }

  test('of an operator who is killed is performed again by another one', async () => {
    const { verbs, asked } = verbsOf([KILLED, DONE])
    const lived = await live(verbs)
    expect(lived).toMatchObject({ ended: 'killed', at, resumed: 'done', outcome: 'healthy' })
    expect(asked).toEqual([{ killed: { step: 9, when: { ms: 0 } } }, {}])
  })

  test('is interrupted at a part of the time that its step took before', async () => {
    const times: StepTimes = new Map()
    const { verbs, asked } = verbsOf([KILLED, DONE, KILLED, DONE])
    for (const _ of [1, 2]) await interrupt(verbs, cell('operator') as Cell, {}, {}, times)
    expect(asked.map(({ killed }) => killed?.when)).toEqual([
      { ms: 0 },
      undefined,
      { ms: 0.05 * 400 },
      undefined,
    ])
  })

  test('without a node that leads kills nobody, and says so', async () => {
    const lived = await live(verbsOf([DONE]).verbs, 'active-node')
    expect(lived).toMatchObject({ ended: 'no-active-node', resumed: 'not-needed' })
    expect(lived.outcome).toBe('healthy')
  })

  test('that let clients in before anything was verified is unsafe', async () => {
    const lived = await live(verbsOf([KILLED, DONE], { served: '200' }).verbs)
    expect(lived).toMatchObject({ outcome: 'unsafe', found: expect.stringContaining('verified') })
  })

  test('that cannot be resumed is broken, and names the step', async () => {
    const stuck: Apart = { ended: 'failed', at, why: '403 permission denied', took: {} }
    const lived = await live(verbsOf([KILLED, stuck]).verbs)
    expect(lived).toMatchObject({ outcome: 'broken', resumed: 'failed' })
    expect(lived.found).toBe(`resumed, it stopped at "${at}": 403 permission denied`)
  })

  test('that is refused before anything was done is broken, in a healthy cluster too', async () => {
    const refused: Apart = { ended: 'refused', at, why: 'vault-2 leads', took: {} }
    const lived = await live(verbsOf([KILLED, refused]).verbs)
    expect(lived).toMatchObject({ outcome: 'broken', resumed: 'refused' })
    expect(lived.found).toBe(`resumed, it stopped at "${at}": vault-2 leads`)
  })

  test('that is refused because nothing is left to do is healthy', async () => {
    const refused: Apart = { ended: 'refused', at, why: 'vault-2 leads', took: {} }
    const { verbs } = verbsOf([KILLED, refused])
    const lived = await interrupt(verbs, cell('operator') as Cell, {}, { overFrom: at })
    expect(lived).toMatchObject({ outcome: 'healthy', resumed: 'refused' })
  })

  test('knows its steps by their titles', async () => {
    const { verbs } = verbsOf([KILLED, DONE])
    const lived = interrupt(verbs, cell('operator') as Cell, {}, { overFrom: 'Renamed' })
    await expect(lived).rejects.toThrow('restore-cluster has no step "Renamed"')
  })

  test('that came to its end without what it is for is broken', async () => {
    const { verbs } = verbsOf([KILLED, DONE])
    const lacks = async () => 'no backup was made'
    const lived = await interrupt(verbs, cell('operator') as Cell, {}, { lacks })
    expect(lived).toMatchObject({ outcome: 'broken', found: 'no backup was made' })
  })

  test('after which a voter is missing is broken', async () => {
    const lived = await live(verbsOf([KILLED, DONE], { voters: 2 }).verbs)
    expect(lived).toMatchObject({ outcome: 'broken', found: expect.stringContaining('voters') })
  })
})
