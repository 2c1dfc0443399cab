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

/** The newest run that came to a verdict, of a scenario or of one way of it. */
export type LastRun = {
  readonly verdict: string
  readonly product: string
  readonly run: string
  readonly variant?: string
}

/** Scenario → its ways; one that has no ways has none here. */
export type Ways = ReadonlyMap<string, readonly string[]>

/** What of a scenario has been judged. */
export type CoveringScenario = {
  readonly name: string
  /** Of the newest of each way and product the worst; `null` when nothing of it was judged. */
  readonly last: LastRun | null
  /** Its ways that were never judged with either product. */
  readonly never: readonly string[]
}

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
  readonly scenarios: readonly CoveringScenario[]
  /** `covered`: each way of each scenario was judged; `never`: one of them was not. */
  readonly state: 'covered' | 'never' | 'not-yet' | 'no-step'
  readonly why?: string
  readonly untyped?: string
}

/** What stands for each part, and how it last went. */
export const coverageRows = (
  lastRuns: readonly (LastRun & { readonly scenario: string })[],
  ways: Ways,
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
    const scenarios = by.scenarios.map((name) => {
      const own = lastRuns.filter(({ scenario }) => scenario === name)
      return coveringScenario(name, own, ways.get(name) ?? [])
    })
    return {
      ...row,
      procedures: by.procedures ?? [],
      blocks: by.blocks ?? [],
      scenarios,
      ...(by.untyped === undefined ? {} : { untyped: by.untyped }),
      state: scenarios.every(isCovered) ? 'covered' : 'never',
    }
  })

const isCovered = ({ last, never }: CoveringScenario): boolean =>
  last !== null && never.length === 0

/** The verdicts: what did not pass is not hidden by a way, or a product, that did. */
export const WORST_FIRST = ['failed', 'inconclusive', 'passed']

export const isWorseThan = (verdict: string, other: string): boolean =>
  WORST_FIRST.indexOf(verdict) < WORST_FIRST.indexOf(other)

function coveringScenario(
  name: string,
  runs: readonly (LastRun & { readonly scenario: string })[],
  ways: readonly string[],
): CoveringScenario {
  // A way that is no longer in the catalogue says nothing of those that are.
  const own = runs.filter(({ variant }) =>
    variant === undefined ? ways.length === 0 : ways.includes(variant),
  )
  const rank = ({ verdict }: LastRun) => WORST_FIRST.indexOf(verdict)
  const [worst] = own.toSorted((a, b) => rank(a) - rank(b))
  const never = ways.filter((way) => !own.some(({ variant }) => variant === way))
  if (worst === undefined) return { name, last: null, never }
  const { scenario: _, ...last } = worst
  return { name, last, never }
}

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
