import type { OperatorShell } from '../cluster/operator-shell.ts'
import type { Journal } from '../journal/journal.ts'
import { seconds } from '../lib/duration.ts'
import {
  type Block,
  findingTitle,
  isTyped,
  type NodeFile,
  sourceOf,
  type TypedStep,
} from './block.ts'
import { isAsDocumented, observed, type Ran } from './observed.ts'
import { inPlace } from './places.ts'
import { committedObservation } from './register.ts'

export type Typing = {
  readonly block: Block
  readonly shell: OperatorShell
  readonly journal: Journal
  readonly product: string
  /** The node at whose shell the block is typed, where it matters. */
  readonly at?: string | undefined
  /** The API of a node, as the operator calls it. */
  readonly addressOf: (node: string) => Promise<string>
  /** A file of the node whose shell it is, else of the leader; `undefined` where it has none. */
  readonly fileOf: (which: NodeFile, node: string | undefined) => Promise<string | undefined>
  readonly signal: AbortSignal
}

const WITHIN = seconds(60)
/** Of what was said, as much as an entry of the journal should hold. */
const EXCERPT_CHARS = 1200

/**
 * Types a block of a document, one step after another, as a person who follows it would: a step
 * that fails is recorded and the next one is typed. What each came to is in the journal; of a
 * step that shows a deficiency the outcome is compared with the one on record.
 */
export async function typeBlock(typing: Typing): Promise<void> {
  const { block, shell, journal, signal } = typing
  journal.record('procedure.started', { procedure: block.id, form: 'as-written' })
  for (const { path, text, mode } of block.files ?? []) {
    await shell.put([{ path, content: inPlace(text), ...(mode === undefined ? {} : { mode }) }])
  }
  // The name of the node that is meant, where the document has a placeholder for it.
  if (typing.at !== undefined) await shell.mustType(`DRILL_NODE=${typing.at}`)
  if (block.given !== undefined) await shell.mustType(inPlace(block.given))
  for (const step of block.steps) {
    signal.throwIfAborted()
    const of = { procedure: block.id, title: step.title }
    journal.record('step.started', { ...of, source: sourceOf(block, step) })
    if (isTyped(step)) await typeAndRecord(typing, step)
    else journal.record('step.ended', { ...of, outcome: 'skipped', observed: step.byPeople })
  }
}

async function typeAndRecord(typing: Typing, step: TypedStep): Promise<void> {
  const { block, journal, product } = typing
  const { title } = step
  const ran = await typeStep(typing, step)
  const asDocumented = isAsDocumented(ran, step.documented)
  journal.record('step.ended', {
    procedure: block.id,
    title,
    outcome: asDocumented ? 'done' : 'failed',
    observed: excerptOf(ran),
  })
  const fact = { title: findingTitle(block, step), source: sourceOf(block, step) }
  if (step.confirms) {
    const expected = step.expected
    const seen = asDocumented ? expected : observed(ran, step)
    journal.record('check', { ...fact, expected, observed: seen })
  }
  if ((step.shows ?? []).length === 0) return
  journal.record('check', {
    ...fact,
    expected: {
      asDocumented: false,
      observed: committedObservation({ block: block.id, step: title, product }),
    },
    observed: { asDocumented, observed: observed(ran, step) },
  })
}

const excerptOf = ({ exitCode, output, seen }: Ran): string => {
  const looked = seen === undefined ? '' : `\nlooked at after it: ${seen.trim()}`
  return `exit ${exitCode}: ${output.trim()}${looked}`.slice(-EXCERPT_CHARS)
}

/** Then the node is for those steps alone, and the others are typed where the operator sits. */
const saysWhere = ({ steps }: Block): boolean =>
  steps.some((step) => isTyped(step) && step.at !== undefined)

async function typeStep(typing: Typing, step: TypedStep): Promise<Ran> {
  const { block, shell, addressOf, fileOf } = typing
  const { types, lookAfter, given, within = WITHIN } = step
  const at = step.at ?? (saysWhere(block) ? undefined : typing.at)
  // In the shell of a node its own API is the command line's default; here it has to be named.
  const there =
    at === undefined ? '' : `export VAULT_ADDR=${/[$:]/.test(at) ? at : await addressOf(at)}\n`
  if (given !== undefined) await shell.mustType(there + inPlace(given))
  // Somewhere else it would be another file.
  for (const [path, which] of Object.entries(step.at === undefined ? (block.brings ?? {}) : {})) {
    const content = await fileOf(which, at)
    if (content === undefined) await shell.mustType(`rm -f ${path}`)
    else await shell.put([{ path, content }])
  }
  const { exitCode, output } = await shell.type(there + inPlace(types), within)
  if (lookAfter === undefined) return { exitCode, output }
  return { exitCode, output, seen: (await shell.type(inPlace(lookAfter), within)).output }
}
