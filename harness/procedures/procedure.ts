import type { Operator } from '../cluster/operator.ts'

/** Runs one numbered line of the runbook and journals how it ended. */
export type Step = <T>(title: string, act: () => Promise<T>) => Promise<T>

/**
 * A section of the runbook in code. Its step titles are the numbered lines of the Markdown file;
 * a unit test holds the two together. It knows no faults: the operator does not know what broke.
 */
export type Procedure<Arguments> = {
  readonly name: string
  /** Path from the repository's root. */
  readonly runbook: string
  readonly perform: (operator: Operator, given: Arguments, step: Step) => Promise<void>
}
