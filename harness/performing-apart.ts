import type { Cluster } from './cluster/cluster.ts'
import { Node } from './cluster/node.ts'
import { savedText, withoutCustody } from './cluster/saved.ts'
import type { Journal } from './journal/journal.ts'
import { Child, type ChildDied } from './lib/child.ts'
import { type Duration, formatDuration } from './lib/duration.ts'
import { type FromOperator, givenText, type ToOperator } from './operator-message.ts'
import type { Procedure } from './procedures/procedure.ts'
import { enginePlace } from './stack/engine-place.ts'

export type ApartOptions = {
  /**
   * The operator's process gets SIGKILL in the n-th step, from 1: so long after it began, or
   * `after` it. A step that is over sooner is not waited for: then it was after it as well.
   */
  readonly killed?: { readonly step: number; readonly when: Duration | 'after' }
  /** What happens to the world as the n-th step begins; the operator is kept waiting for it. */
  readonly meanwhile?: { readonly step: number; readonly act: (title: string) => Promise<void> }
}

/** What became of a performance by a process of its own. */
export type Apart = {
  readonly ended: 'done' | 'killed' | 'refused' | 'failed'
  /** The step that was begun last, and the reason when it failed. */
  readonly at: string
  readonly why: string
  /** Milliseconds of each step that was done, by its title. */
  readonly took: Readonly<Record<string, number>>
}

export type ApartPlace = {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly folder: string
  readonly signal: AbortSignal
  /** How many operations are recorded; grows. */
  readonly operations: { count: number }
}

/**
 * Performs a procedure as a person at a machine of their own does: a process that has nothing but
 * what it is given and the folder of notes. When it is killed nothing of it goes on but what it
 * had asked others for; a later one finds the notes, and takes the world as it is.
 */
export async function performApart<A>(
  procedure: Procedure<A>,
  given: A,
  { killed, meanwhile }: ApartOptions,
  place: ApartPlace,
): Promise<Apart> {
  const { cluster, journal, folder, signal, operations } = place
  signal.throwIfAborted()
  await cluster.workplace.seeSuccessors()
  const nodes = nodesIn(given)
  journal.record('procedure.started', {
    procedure: procedure.name,
    form: 'corrected',
    ...(nodes.length === 0 ? {} : { nodes }),
  })
  const ended = Promise.withResolvers<Apart>()
  let begun = 0
  let open: string | undefined
  let at = ''
  let wasKilled = false
  let timer: NodeJS.Timeout | undefined
  const startedAt = { step: 0 as number }
  const took: Record<string, number> = {}
  const kill = () => {
    if (wasKilled) return
    wasKilled = true
    child.allowEnd()
    child.kill()
  }
  const hear = async (heard: FromOperator): Promise<void> => {
    const { name } = procedure
    if (heard.said === 'began') {
      const { title, source } = heard
      at = title
      open = title
      begun++
      startedAt.step = journal.record('step.started', {
        procedure: name,
        title,
        ...(source === undefined ? {} : { source }),
      })
      if (meanwhile?.step === begun) await meanwhile.act(title)
      if (killed?.step === begun && killed.when !== 'after')
        timer = setTimeout(kill, killed.when.ms)
      return go()
    }
    if (heard.said === 'ended') {
      const { said: _, ...rest } = heard
      open = undefined
      if (rest.outcome === 'done') took[rest.title] = journal.clock.elapsedMs(startedAt.step)
      journal.record('step.ended', { procedure: name, ...rest })
      // Whoever has not been killed in it by now is killed after it.
      return killed?.step === begun ? kill() : go()
    }
    if (heard.said === 'operation') {
      const { said: _, ...rest } = heard
      operations.count = rest.operation
      journal.record('operation.began', rest)
      return go()
    }
    if (heard.said === 'operated') {
      const { said: _, ...rest } = heard
      return void journal.record('operation.ended', rest)
    }
    if (heard.said === 'custody') {
      const { said: _, ...row } = heard
      return void journal.record('custody', row)
    }
    child.allowEnd()
    const stopped = heard.said === 'stopped' ? heard : undefined
    const how = stopped === undefined ? 'done' : stopped.refused ? 'refused' : 'failed'
    ended.resolve({ ended: how, at, why: stopped?.why ?? '', took })
  }
  let heardAll = Promise.resolve()
  const child = new Child<ToOperator, FromOperator>({
    name: 'operator',
    module: new URL('./operator-process.ts', import.meta.url),
    onMessage: (heard) => {
      // What it said before it was killed is true; what comes after is not waited for.
      heardAll = heardAll.then(() => (wasKilled ? undefined : hear(heard))).catch(ended.reject)
    },
    onDeath: (death: ChildDied) => ended.reject(death),
  })
  const go = () => {
    if (!wasKilled) child.tell({ do: 'go' })
  }
  const stop = () => {
    kill()
    ended.reject(signal.reason)
  }
  signal.addEventListener('abort', stop, { once: true })
  void child.gone.then(() => {
    if (!wasKilled) return
    const ms = Math.round(journal.clock.elapsedMs(startedAt.step))
    const how = open === undefined ? 'after the step' : `${formatDuration({ ms })} after it began`
    const why = `the operator's process ${child.pid} was killed ${how}`
    if (open !== undefined) {
      const of = { procedure: procedure.name, title: open }
      journal.record('step.ended', { ...of, outcome: 'failed', observed: why })
    }
    ended.resolve({ ended: 'killed', at, why, took })
  })
  try {
    child.tell({
      do: 'perform',
      engine: await enginePlace(cluster.docker),
      cluster: savedText(withoutCustody(await cluster.save())),
      procedure: procedure.name,
      given: givenText(given),
      folder,
      operations: operations.count,
    })
    return await ended.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    kill()
    await child.gone
    await cluster.workplace.seeSuccessors()
  }
}

/** Names of the nodes among what a procedure was given. */
export const nodesIn = (given: unknown): readonly string[] =>
  Object.values(given ?? {})
    .flat()
    .flatMap((value) => (value instanceof Node ? [value.name] : []))
