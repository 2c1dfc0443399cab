import { OperatorNotes } from './cluster/operator-notes.ts'
import { Refusal } from './cluster/refusal.ts'
import { attach, readSaved } from './cluster/saved.ts'
import { connectToParent } from './lib/parent.ts'
import { type FromOperator, readGiven, type ToOperator } from './operator-message.ts'
import { allProcedures } from './procedure-steps.ts'
import { type Procedure, type Step, tokenIn, type Within } from './procedures/procedure.ts'
import { dockerAt } from './stack/docker.ts'

/**
 * An operator at a machine of their own: a process that performs one procedure, and whose end is
 * the end of whatever it had under way. It knows what it was told and what its folder holds.
 */

type Task = Extract<ToOperator, { readonly do: 'perform' }>

const parent = connectToParent<ToOperator, FromOperator>(() => {})
const untold: (() => void)[] = []

parent.onMessage(async (message) => {
  if (message.do === 'go') return untold.shift()?.()
  try {
    await perform(message)
    parent.leave({ said: 'done' })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    parent.leave({ said: 'stopped', refused: error instanceof Refusal, why })
  }
})

/** Tells, and goes on when it was told to. */
const asked = (message: FromOperator): Promise<void> =>
  new Promise((resolve) => {
    untold.push(resolve)
    parent.tell(message)
  })

async function perform({ engine, cluster: saved, procedure, given, folder, operations }: Task) {
  const cluster = await attach(readSaved(saved), dockerAt(engine))
  const chosen = (await allProcedures()).find(({ name }) => name === procedure)
  if (chosen === undefined) throw new Error(`there is no procedure ${procedure}`)
  let last = operations
  const notes = new OperatorNotes(folder)
  // Whoever is killed releases nothing, and need not: what is dead performs nothing.
  const claim = notes.claim(procedure, chosen)
  const own = readGiven(given, cluster)
  const operator = cluster.operator(new AbortController().signal, {
    notes,
    token: tokenIn(own),
    log: {
      began: async (f, of) => {
        const operation = ++last
        const restored = of === undefined ? {} : { of }
        await asked({ said: 'operation', operation, f, ...restored })
        return operation
      },
      ended: (operation, outcome, why) =>
        parent.tell({
          said: 'operated',
          operation,
          outcome,
          ...(why === undefined ? {} : { why }),
        }),
      custody: (row) => parent.tell({ said: 'custody', ...row }),
    },
  })
  await (chosen as Procedure<unknown>)
    .perform(operator, own, step, noneWithin)
    .finally(() => claim.release())
}

/** Its steps would be told under the name of the outer one. */
const noneWithin: Within = ({ name }) => {
  throw new RangeError(`${name} is not performed within another procedure by a process of its own`)
}

const step: Step = async (title, act, { source, people, tells } = {}) => {
  await asked({ said: 'began', title, source })
  try {
    const result = await act()
    const declared = people === undefined ? {} : { declaredHumanMs: people.ms }
    const observed = tells?.(result)
    const seen = observed === undefined ? {} : { observed }
    await asked({ said: 'ended', title, outcome: 'done', ...seen, ...declared })
    return result
  } catch (error) {
    const outcome = error instanceof Refusal ? 'refused' : 'failed'
    const observed = error instanceof Error ? error.message : String(error)
    await asked({ said: 'ended', title, outcome, observed })
    throw error
  }
}
