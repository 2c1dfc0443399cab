import type { DocumentName } from './block.ts'
import { designParts } from './design-parts.ts'
import { runbookParts } from './runbook-parts.ts'

/** A stretch of a document, and what of ours stands for it. Every line is in exactly one. */
export type Part = {
  readonly document: DocumentName
  readonly lines: readonly [from: number, to: number]
  readonly says: string
  readonly by: Coverer
}

export type Coverer =
  /** What it says is done by these procedures and as-written blocks, which these scenarios run. */
  | {
      readonly procedures?: readonly string[]
      readonly blocks?: readonly string[]
      readonly scenarios: readonly string[]
      /** What of its text nobody types as it stands, where blocks are named or people would expect one. */
      readonly untyped?: string
    }
  /** Nothing of ours does it yet. */
  | { readonly notYet: string }
  /** It has nothing that could be done: a heading, a name, a picture. */
  | { readonly noStep: string }

export const parts: readonly Part[] = [...runbookParts, ...designParts]

/** `RB:225-237`. */
export const linesOf = ({ document, lines: [from, to] }: Part): string =>
  `${document}:${from === to ? from : `${from}-${to}`}`

/** The newest run of a scenario that is on disk. */
export type LastRun = { readonly verdict: string; readonly product: string; readonly run: string }

/** A step of a procedure, and the lines of the documents that it stands for. */
export type CoveringStep = {
  readonly procedure: string
  readonly title: string
  readonly source?: string | undefined
}

export type CoverageRow = {
  readonly lines: string
  readonly says: string
  readonly procedures: readonly string[]
  /** Steps whose source is among the lines. */
  readonly steps: readonly { readonly procedure: string; readonly title: string }[]
  readonly blocks: readonly string[]
  readonly scenarios: readonly { readonly name: string; readonly last: LastRun | null }[]
  /** `covered`: each scenario has run; `never`: one of them has not. */
  readonly state: 'covered' | 'never' | 'not-yet' | 'no-step'
  readonly why?: string
  readonly untyped?: string
}

/** What stands for each part, and how it last went. */
export const coverageRows = (
  lastRuns: ReadonlyMap<string, LastRun>,
  steps: readonly CoveringStep[] = [],
): readonly CoverageRow[] =>
  parts.map((part) => {
    const { says, by } = part
    const row = {
      lines: linesOf(part),
      says,
      procedures: [],
      steps: stepsFor(part, steps),
      blocks: [],
      scenarios: [],
    }
    if ('notYet' in by) return { ...row, state: 'not-yet', why: by.notYet }
    if ('noStep' in by) return { ...row, state: 'no-step', why: by.noStep }
    const scenarios = by.scenarios.map((name) => ({ name, last: lastRuns.get(name) ?? null }))
    return {
      ...row,
      procedures: by.procedures ?? [],
      blocks: by.blocks ?? [],
      scenarios,
      ...(by.untyped === undefined ? {} : { untyped: by.untyped }),
      state: scenarios.every(({ last }) => last !== null) ? 'covered' : 'never',
    }
  })

function stepsFor(
  { document, lines: [from, to] }: Part,
  steps: readonly CoveringStep[],
): CoverageRow['steps'] {
  const isWithin = ({ source = '' }: CoveringStep) =>
    rangesIn(source).some(
      (each) => each.document === document && each.from <= to && each.to >= from,
    )
  return steps.filter(isWithin).map(({ procedure, title }) => ({ procedure, title }))
}

/** `RB:231-252, 258; HLD:879`: a number alone is of the document before it. */
export function rangesIn(
  source: string,
): readonly { readonly document: DocumentName; readonly from: number; readonly to: number }[] {
  let document: DocumentName = 'RB'
  return [...source.matchAll(/(?:(RB|HLD):)?(\d+)(?:-(\d+))?/g)].map(
    ([, name, from = '', to = from]) => {
      if (name === 'RB' || name === 'HLD') document = name
      return { document, from: Number(from), to: Number(to) }
    },
  )
}
