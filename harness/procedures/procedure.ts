import type { Custody } from '../cluster/custody.ts'
import type { Operator } from '../cluster/operator.ts'
import type { OperatorWithoutToken } from '../cluster/operator-without-token.ts'
import type { Duration } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'

/** What a procedure is given whose operator signs in at the cluster. */
export type SignedIn = { readonly custody: Custody }

/** The operator has the token that the procedure is given. Without one there is none to be had. */
export type OperatorOf<Arguments> = Arguments extends SignedIn ? Operator : OperatorWithoutToken

/** The token that a procedure is given for its operator to sign in with. */
export function tokenIn(given: unknown): Secret | undefined {
  const { custody } = (given ?? {}) as { custody?: { token?: unknown } }
  return custody?.token instanceof Secret ? custody.token : undefined
}

/** Runs one numbered line of the runbook and journals how it ended. */
export type Step = <T>(
  title: string,
  act: () => Promise<T>,
  details?: {
    /** Lines of a document that the step stands for: `RB:223`. */
    readonly source?: string
    /** What people need for it, declared and not measured: nobody waits, it is added up. */
    readonly people?: Duration
    /** What the operator reads off at its end and has to weigh. */
    readonly tells?: (result: T) => string
  },
) => Promise<T>

/** What performing another procedure within a step came to. */
export type Performed = {
  readonly took: Duration
  /** Its steps that people had to do. */
  readonly byPeople: readonly string[]
}

/** Performs another procedure as part of a step; its steps are in the journal under its own name. */
export type Within = <A>(procedure: Procedure<A>, given: A) => Promise<Performed>

/**
 * A section of the runbook in code. Its step titles are the numbered lines of the Markdown file;
 * a unit test holds the two together. It knows no faults: the operator does not know what broke.
 *
 * A step looks first whether what it would bring about is there already. So a procedure that was
 * interrupted is resumed by performing it again.
 */
export type Procedure<Arguments> = {
  readonly name: string
  /** Path from the repository's root. */
  readonly runbook: string
  /**
   * It changes nothing that another procedure builds on, so it may be under way beside one. Not so
   * the checks of backups: they fetch to the file that a restore reads.
   */
  readonly besideOthers?: true
  readonly perform: (
    operator: OperatorOf<Arguments>,
    given: Arguments,
    step: Step,
    within: Within,
  ) => Promise<void>
}

/** Of a step that is people's alone: a decision, a call, a ticket. */
export const byPeople = async (): Promise<void> => {}
