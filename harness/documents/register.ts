import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DocumentName } from './block.ts'

/** The page and its data; the page is rendered from the data, and a unit test holds the two together. */
export const REGISTER_FILE = 'docs/deficiencies.json'

const ROOT = join(import.meta.dirname, '..', '..')

export type Status =
  /** A run has shown it. */
  | 'observed'
  /** What it takes is not here. */
  | 'not-reproducible-here'
  /** Its part of the documents has no scenario yet. */
  | 'not-yet-covered'

/** One thing that is wrong in a document. */
export type Deficiency = {
  readonly id: string
  readonly document: DocumentName
  /** Lines in that document, or in both: `HLD:876`. */
  readonly lines: string
  readonly says: string
  readonly status: Status
  /** What really happens, in words, with numbers where it was measured. */
  readonly observed?: string
  /** How it is shown, with the command. */
  readonly shownBy?: string
  /** Why nothing was observed. */
  readonly why?: string
  readonly corrected: string
  /** What the as-written steps came to, the newest run of each product. */
  readonly observations: readonly Observation[]
}

export type Observation = {
  readonly block: string
  readonly lines: string
  readonly step: string
  readonly expected: string
  readonly observed: string
  readonly scenario: string
  readonly product: string
  readonly version: string
  /** Day of the run, UTC. */
  readonly date: string
  /** What was said, as the journal has it; secrets masked. */
  readonly excerpt: string
}

export type Register = { readonly format: 1; readonly deficiencies: readonly Deficiency[] }

export const readRegister = (path = join(ROOT, REGISTER_FILE)): Register =>
  JSON.parse(readFileSync(path, 'utf8')) as Register

let known: Register | undefined

/** What is on record for one step and product; a text that no outcome equals where there is none. */
export function committedObservation({
  block,
  step,
  product,
}: {
  readonly block: string
  readonly step: string
  readonly product: string
}): string {
  known ??= readRegister()
  const found = known.deficiencies
    .flatMap(({ observations }) => observations)
    .find((each) => each.block === block && each.step === step && each.product === product)
  return found?.observed ?? `nothing is on record for ${product}`
}
