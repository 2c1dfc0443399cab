import type { Duration } from '../lib/duration.ts'

/** The two documents; lines are cited as `RB:227` and `HLD:153-157`. */
export type DocumentName = 'RB' | 'HLD'

/** A stretch of a document that is typed as it stands, step by step. */
export type Block = {
  /** Also the procedure's name in the journal. */
  readonly id: string
  readonly title: string
  readonly document: DocumentName
  /** `213-283`, without the document. */
  readonly lines: string
  /** What the document takes for granted, made by us before the first step. */
  readonly given?: string
  /** What a shell on the node would find there: path here → which of the node's files. */
  readonly brings?: Readonly<Record<string, NodeFile>>
  /** Scripts and files that the document has people save; placed before the first step. */
  readonly files?: readonly DocumentFile[]
  readonly steps: readonly BlockStep[]
}

/** The audit file of the node, or what its server logs. */
export type NodeFile = 'audit' | 'log'

export type DocumentFile = {
  readonly path: string
  readonly text: string
  readonly mode?: number
}

export type BlockStep = TypedStep | PeoplesStep

/** Something that people do, and that no shell can. */
export type PeoplesStep = {
  readonly title: string
  readonly lines: string
  readonly byPeople: string
}

export type TypedStep = {
  readonly title: string
  readonly lines: string
  /** Shell text as the document has it; `places.ts` says how its names become ours. */
  readonly types: string
  /** The state that this step alone finds, made by us just before it. */
  readonly given?: string
  /**
   * The node at whose shell this step alone is typed: a word for the one that is given, or the
   * address of another; absent: as the whole block.
   */
  readonly at?: string
  /** What the document says comes of it, in words. */
  readonly expected: string
  /** The same for a machine. */
  readonly documented: Documented
  /** Ids of the deficiencies that its real outcome shows. */
  readonly shows?: readonly string[]
  /** The document is right here, which is checked: a control for a step that shows something. */
  readonly confirms?: true
  /** Lines of the output that tell; absent: the last two. */
  readonly telling?: RegExp
  /** What we, not the document, type after it to see what it has done; its last line is kept. */
  readonly lookAfter?: string
  readonly within?: Duration
}

/** All of these hold when the document is right. */
export type Documented = {
  /** 0 unless said. */
  readonly exit?: number
  readonly says?: RegExp
  readonly saysNot?: RegExp
  /** Of the answer to `lookAfter`. */
  readonly looks?: RegExp
}

export const isTyped = (step: BlockStep): step is TypedStep => 'types' in step

/** `RB:227`. */
export const sourceOf = ({ document }: Block, { lines }: BlockStep): string =>
  `${document}:${lines}`

/** The fact that is checked for a step that shows something: its title in the journal. */
export const findingTitle = (block: Block, step: TypedStep): string =>
  `${step.confirms ? 'as written' : (step.shows ?? []).join(', ')}: ${sourceOf(block, step)} ${step.title}`

/** Steps with something to show. */
export const findingsIn = (block: Block): readonly TypedStep[] =>
  block.steps.filter(isTyped).filter(({ shows = [] }) => shows.length > 0)

/** Titles of all that is checked in these blocks, for an objective. */
export const findings = (...blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap((block) =>
    block.steps
      .filter(isTyped)
      .filter(({ shows = [], confirms }) => shows.length > 0 || confirms)
      .map((step) => findingTitle(block, step)),
  )
