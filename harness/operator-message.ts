import type { Cluster } from './cluster/cluster.ts'
import { Node } from './cluster/node.ts'
import { secretIn, textInClear } from './cluster/saved.ts'
import type { JournalData } from './journal/entry.ts'
import type { EnginePlace } from './stack/engine-place.ts'

/**
 * What the harness and the process of an operator tell each other. The operator waits for `go`
 * before each step, after it, and before anything that acts on all data: then it is on disk.
 */
export type ToOperator =
  | {
      readonly do: 'perform'
      readonly engine: EnginePlace
      /** As `savedText` has it. */
      readonly cluster: string
      /** Name of the procedure. */
      readonly procedure: string
      /** As {@link givenText} has it. */
      readonly given: string
      /** Where the operator's notes are. */
      readonly folder: string
      /** Number of the last operation that is recorded. */
      readonly operations: number
    }
  | { readonly do: 'go' }

type Step = JournalData['step.ended']

export type FromOperator =
  | { readonly said: 'began'; readonly title: string; readonly source?: string | undefined }
  | ({ readonly said: 'ended' } & Omit<Step, 'procedure'>)
  | ({ readonly said: 'operation' } & JournalData['operation.began'])
  | ({ readonly said: 'operated' } & JournalData['operation.ended'])
  | ({ readonly said: 'custody' } & JournalData['custody'])
  | { readonly said: 'done' }
  /** `refused`: a step found that what it needs is not so, and changed nothing. */
  | { readonly said: 'stopped'; readonly refused: boolean; readonly why: string }

const NODE = 'drill:node'

/** What a procedure is given, as text: full of secrets, for the private channel only. */
export const givenText = (given: unknown): string =>
  textInClear(given, (raw) => (raw instanceof Node ? { [NODE]: raw.name } : undefined))

/** The same again; nodes are those of this process. */
export const readGiven = (text: string, cluster: Pick<Cluster, 'node'>): unknown =>
  JSON.parse(text, (_key, value) => {
    const name = (value as Record<string, unknown> | null)?.[NODE]
    return typeof name === 'string' ? cluster.node(name) : (secretIn(value) ?? value)
  })
