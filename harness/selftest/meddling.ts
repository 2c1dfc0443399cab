import type { Verbs } from '../body.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Operator } from '../cluster/operator.ts'
import type { Procedure, Step } from '../procedures/procedure.ts'

/**
 * What is done to the world behind the operator's back while a procedure of this name is
 * performed. The operator's own steps are the product's, and see only what became of the world.
 */
export type Meddling = {
  readonly procedure: string
  /** Title of the step before or after which it is done. */
  readonly before?: string
  readonly after?: string
  readonly act: (world: { readonly cluster: Cluster; readonly operator: Operator }) => Promise<void>
}

/** Verbs whose procedures are meddled with. */
export const meddlingWith =
  (...meddlings: readonly Meddling[]) =>
  (verbs: Verbs): Verbs => ({
    ...verbs,
    perform: (procedure, given, options) => {
      const own = meddlings.filter((each) => each.procedure === procedure.name)
      return verbs.perform(own.length === 0 ? procedure : meddled(procedure, own, verbs), given, {
        ...options,
      })
    },
  })

/**
 * The same procedure in the same steps. A step that has another title by now would leave the
 * world as it is, so a meddling that was never done is an error and not a defect that came through.
 */
function meddled<A>(
  procedure: Procedure<A>,
  meddlings: readonly Meddling[],
  { cluster }: Pick<Verbs, 'cluster'>,
): Procedure<A> {
  return {
    ...procedure,
    perform: async (operator, given, step, within) => {
      const due = new Set(meddlings)
      const meddle = async (isDue: (each: Meddling) => boolean) => {
        for (const each of [...due].filter(isDue)) {
          due.delete(each)
          // Whoever meddles has no scruples about what an operator was given.
          await each.act({ cluster, operator: operator as Operator })
        }
      }
      const watched: Step = async (title, act, details) => {
        await meddle(({ before }) => before === title)
        const result = await step(title, act, details)
        await meddle(({ after }) => after === title)
        return result
      }
      await procedure.perform(operator, given, watched, within)
      const [missed] = due
      if (missed === undefined) return
      const where = missed.before ?? missed.after
      throw new Error(`the sabotage found no step "${where}" in ${procedure.name}`)
    },
  }
}
