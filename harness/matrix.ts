import type { Verbs } from './body.ts'
import type { Node } from './cluster/node.ts'
import { killed } from './faults/process.ts'
import type { Interruption } from './journal/interruption.ts'
import { milliseconds } from './lib/duration.ts'
import type { Apart } from './performing-apart.ts'
import { stepsOf } from './procedure-steps.ts'
import type { Procedure } from './procedures/procedure.ts'

/** One way to interrupt one step of a procedure. */
export type Cell = Pick<Interruption, 'step' | 'title' | 'of' | 'when'> & {
  readonly procedure: Procedure<never>
}

/** Every step, with the operator killed in it and after it, and with the active node killed in it. */
export async function cellsOf(procedure: Procedure<never>): Promise<readonly Cell[]> {
  const steps = await stepsOf(procedure)
  return steps.flatMap(({ title }, i) => {
    const where = { procedure, step: i + 1, title }
    return [
      { ...where, of: 'operator', when: 'inside' },
      { ...where, of: 'operator', when: 'after' },
      { ...where, of: 'active-node', when: 'inside' },
    ] as const
  })
}

/** So many of them that the seed chooses, in the order of the matrix. */
export function sampleOf(
  cells: readonly Cell[],
  count: number,
  choose: Verbs['choose'],
): readonly Cell[] {
  const left = [...cells]
  const chosen = new Set<Cell>()
  while (chosen.size < count && left.length > 0) {
    const cell = choose(`cell ${chosen.size + 1} of ${count}`, left)
    left.splice(left.indexOf(cell), 1)
    chosen.add(cell)
  }
  return cells.filter((cell) => chosen.has(cell))
}

export type CellOptions = {
  /** Of a step: until it begins no client may be let in, whatever happens. */
  readonly closedUntil?: string
  /** Of a step: whoever was interrupted from there on may find that nothing is left to do. */
  readonly overFrom?: string
  /** What else was not brought about, beside a cluster that is healthy and serves. */
  readonly lacks?: () => Promise<string | undefined>
}

/** Milliseconds that each step took when it was last done, by procedure and title. */
export type StepTimes = Map<string, number>

/** Parts of the time that the step took before. */
const PARTS = [0.05, 0.3, 0.6, 0.9]
/** Of a step that nobody has done yet: milliseconds from its begin. */
const INSTANTS = [0, 5, 50, 200, 500, 1500]
const WORDS = { operator: 'the operator', 'active-node': 'the active node' } as const

/**
 * Lives through one cell: performs the procedure by a process of its own, interrupts it, performs
 * it again from the top by another process, and looks whether the cluster is healthy. A node that
 * was killed is started again before: whoever is on call sees that it is down.
 */
export async function interrupt<A>(
  verbs: Omit<Verbs, 'interrupt'>,
  cell: Cell,
  given: A,
  { closedUntil, overFrom, lacks }: CellOptions = {},
  times: StepTimes = new Map(),
): Promise<Interruption> {
  const { heal, inspect, performApart } = verbs
  const procedure = cell.procedure as Procedure<A>
  const killing = new Killing(verbs)
  const first = await performApart(
    procedure,
    given,
    cell.of === 'operator'
      ? { killed: { step: cell.step, when: instantOf(verbs, cell, times) } }
      : { meanwhile: { step: cell.step, act: () => killing.begin() } },
  )
  await killing.over()
  learn(times, procedure, first)
  const isOpen = closedUntil === undefined || (await hasReached(procedure, first, closedUntil))
  const served = isOpen ? 'not asked' : await inspect.throughBalancer()
  if (killing.fault !== undefined) await heal(killing.fault)
  const isDone = first.ended === 'done'
  const second = isDone ? undefined : await performApart(procedure, given, {})
  if (second !== undefined) learn(times, procedure, second)
  const wrong = served === '200' ? 'clients were served by what nobody had verified' : undefined
  const mayRefuse = overFrom !== undefined && (await hasReached(procedure, first, overFrom))
  const found = wrong ?? (await notHealthy(verbs, second, mayRefuse)) ?? (await lacks?.())
  const noNode = cell.of === 'active-node' && killing.fault === undefined
  return {
    procedure: procedure.name,
    step: cell.step,
    title: cell.title,
    of: cell.of,
    when: cell.when,
    ended: noNode ? 'no-active-node' : first.ended,
    at: first.at,
    why: first.why,
    resumed:
      second === undefined ? 'not-needed' : second.ended === 'killed' ? 'failed' : second.ended,
    outcome: found === undefined ? 'healthy' : wrong === undefined ? 'broken' : 'unsafe',
    ...(found === undefined ? {} : { found }),
  }
}

/** As people say it: `restore-cluster 7 (Restore …): the operator inside`. */
export const cellText = ({ procedure, step, title, of, when }: Cell): string =>
  `${procedure.name} ${step} (${title}): ${WORDS[of]} ${when}`

function instantOf({ choose }: Pick<Verbs, 'choose'>, cell: Cell, times: StepTimes) {
  if (cell.when === 'after') return 'after' as const
  const what = `instant of ${cellText(cell)}`
  const took = times.get(timeOf(cell.procedure, cell.title))
  return milliseconds(took === undefined ? choose(what, INSTANTS) : took * choose(what, PARTS))
}

const timeOf = ({ name }: Pick<Procedure<never>, 'name'>, title: string): string =>
  `${name}: ${title}`

function learn(times: StepTimes, procedure: Pick<Procedure<never>, 'name'>, { took }: Apart): void {
  for (const [title, ms] of Object.entries(took)) times.set(timeOf(procedure, title), ms)
}

/** Whether it had come to this step, or to its end. @throws {RangeError} when there is none such. */
async function hasReached<A>(
  procedure: Procedure<A>,
  { ended, at }: Apart,
  step: string,
): Promise<boolean> {
  const titles = (await stepsOf(procedure as Procedure<never>)).map(({ title }) => title)
  if (!titles.includes(step)) throw new RangeError(`${procedure.name} has no step "${step}"`)
  if (ended === 'done') return true
  return titles.indexOf(at) >= titles.indexOf(step)
}

/** What is wrong, after the second performance; `undefined` when nothing is. */
async function notHealthy(
  { cluster, inspect, until }: Pick<Verbs, 'cluster' | 'inspect' | 'until'>,
  second: Apart | undefined,
  mayRefuse: boolean,
): Promise<string | undefined> {
  // Interrupted after its last deed, a procedure may find that nothing is left to do, and say so.
  const isOver = second?.ended === 'done' || (second?.ended === 'refused' && mayRefuse)
  if (second !== undefined && !isOver) return `resumed, it stopped at "${second.at}": ${second.why}`
  try {
    await until('all voters are healthy', async () => {
      return (await cluster.healthyVoters()) === cluster.nodes.length
    })
    await until('clients are served', async () => (await inspect.throughBalancer()) === '200')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The active node is killed while an operator is at work; the witness may take its time. */
class Killing {
  readonly #verbs: Pick<Verbs, 'cluster' | 'inject' | 'inspect' | 'until'>
  fault: ReturnType<typeof killed> | undefined
  #injected: Promise<unknown> = Promise.resolve()

  constructor(verbs: Pick<Verbs, 'cluster' | 'inject' | 'inspect' | 'until'>) {
    this.#verbs = verbs
  }

  /** Returns when the process of whoever leads is gone; nobody has noticed yet. */
  async begin(): Promise<void> {
    const { cluster, inject, inspect, until } = this.#verbs
    // What the operator has replaced meanwhile counts among those who can elect another one.
    await cluster.workplace.seeSuccessors()
    const [name] = await inspect.leaders()
    if (name === undefined) return
    const node: Node = cluster.node(name)
    this.fault = killed(node)
    this.#injected = inject(this.fault)
    this.#injected.catch(() => {}) // met in `over`
    const isGone = until(`the server of ${name} is gone`, async () => {
      return (await node.process()).pid === 0
    })
    // An injection that fails is told by itself; nobody waits for its effect.
    await Promise.race([isGone, this.#injected])
  }

  async over(): Promise<void> {
    await this.#injected
  }
}
