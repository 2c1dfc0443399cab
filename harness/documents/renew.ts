import type { Entry } from '../journal/entry.ts'
import { type Block, findingsIn, findingTitle, sourceOf, type TypedStep } from './block.ts'
import { blocks } from './blocks.ts'
import type { Deficiency, Observation, Register } from './register.ts'

/** What the as-written steps of one scenario came to, from its journal alone. */
export function observationsIn(entries: readonly Entry[], day: string): readonly Observation[] {
  const frozen = entries.find((entry) => entry.kind === 'frozen')?.data
  if (frozen === undefined) return []
  const { scenario, variant, product, version } = frozen
  const of = {
    scenario: variant === undefined ? scenario : `${scenario}:${variant}`,
    product,
    version,
    date: day,
  }
  return entries.flatMap((entry) => {
    if (entry.kind !== 'check') return []
    const found = findingOf(entry.data.title)
    const seen = (entry.data.observed as { observed?: unknown } | null)?.observed
    if (found === undefined || typeof seen !== 'string') return []
    const { block, step } = found
    return [
      {
        block: block.id,
        lines: sourceOf(block, step),
        step: step.title,
        expected: step.expected,
        observed: seen,
        ...of,
        excerpt: excerptIn(entries, block.id, step.title),
      },
    ]
  })
}

type Finding = { readonly block: Block; readonly step: TypedStep }

const allFindings: readonly Finding[] = blocks.flatMap((block) =>
  findingsIn(block).map((step) => ({ block, step })),
)

const findingOf = (title: string): Finding | undefined =>
  allFindings.find(({ block, step }) => findingTitle(block, step) === title)

/** The journal has more. */
const EXCERPT_CHARS = 400

function excerptIn(entries: readonly Entry[], block: string, title: string): string {
  const ends = entries.filter(
    (entry) =>
      entry.kind === 'step.ended' && entry.data.procedure === block && entry.data.title === title,
  )
  const last = ends.at(-1)
  const said = last?.kind === 'step.ended' ? (last.data.observed ?? '') : ''
  return said.length > EXCERPT_CHARS ? `…${said.slice(-EXCERPT_CHARS)}` : said
}

/** The register with what was seen now in the place of what was seen before of the same step. */
export function renewed(register: Register, seen: readonly Observation[]): Register {
  return {
    ...register,
    deficiencies: register.deficiencies.map((each) => ({
      ...each,
      observations: observationsOf(each, seen),
    })),
  }
}

function observationsOf(
  { id, observations }: Deficiency,
  seen: readonly Observation[],
): readonly Observation[] {
  const shows = allFindings.filter(({ step }) => step.shows?.includes(id))
  const places = shows.map(({ block, step }) => `${block.id} ${step.title}`)
  const isOfIt = ({ block, step }: Observation) => places.includes(`${block} ${step}`)
  const isReplaced = (old: Observation, by = seen) =>
    by.some((now) => keyOf(now) === keyOf(old) && now.product === old.product)
  const kept = observations.filter((old) => isOfIt(old) && !isReplaced(old))
  // Two ways of a scenario may type the same block; on record is one outcome of it.
  const latest = seen.filter((now, i) => isOfIt(now) && !isReplaced(now, seen.slice(i + 1)))
  return [...kept, ...latest].toSorted(
    (a, b) =>
      places.indexOf(keyOf(a)) - places.indexOf(keyOf(b)) || a.product.localeCompare(b.product),
  )
}

const keyOf = ({ block, step }: Observation): string => `${block} ${step}`
