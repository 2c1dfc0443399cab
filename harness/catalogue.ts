import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { closest } from 'fastest-levenshtein'
import type { Scenario, SuiteName } from './scenario.ts'
import { suitesOf } from './variant.ts'

/** All scenarios by the name of their file, which is the catalogue's name. */
export type Catalogued = { readonly name: string; readonly scenario: Scenario }

const SUFFIX = '.scenario.ts'
const FOLDER = join(import.meta.dirname, '..', 'scenarios')

/** Imports every scenario file; each exports exactly one value and does nothing else. */
export async function loadCatalogue(folder = FOLDER): Promise<readonly Catalogued[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX))
  const loaded = files.map(async (file): Promise<Catalogued> => {
    const exported = Object.values(await import(pathToFileURL(join(folder, file)).href))
    const [scenario] = exported
    if (exported.length !== 1) throw new Error(`${file} exports ${exported.length} values, not one`)
    return { name: basename(file, SUFFIX), scenario: scenario as Scenario }
  })
  const all = await Promise.all(loaded)
  return all.toSorted((a, b) => a.scenario.id.localeCompare(b.scenario.id, 'en', { numeric: true }))
}

/** One run of a scenario: the whole, or one of its variants. */
export type Selected = Catalogued & {
  readonly variant?: string
  /** As a part of which it was chosen; absent: by its name. */
  readonly suite?: SuiteName
}

/**
 * `leader-crash`, `leader-handover` (all variants), `leader-handover:sigterm`, or a catalogue
 * code such as `HA2`.
 * @throws {UnknownScenario} naming the nearest scenario.
 */
export function select(catalogue: readonly Catalogued[], wanted: string): readonly Selected[] {
  const [name = '', variant] = wanted.split(':')
  const found = catalogue.find(
    (entry) => entry.name === name || entry.scenario.id.toLowerCase() === name.toLowerCase(),
  )
  if (found === undefined) {
    throw new UnknownScenario(
      'scenario',
      name,
      nearest(
        name,
        catalogue.map((entry) => entry.name),
      ),
    )
  }
  const variants = Object.keys(found.scenario.variants)
  if (variant === undefined) {
    return variants.length === 0 ? [found] : variants.map((each) => ({ ...found, variant: each }))
  }
  if (!variants.includes(variant)) {
    throw new UnknownScenario(`variant of ${found.name}`, variant, nearest(variant, variants))
  }
  return [{ ...found, variant }]
}

/** Several at once; what is named twice runs once. @throws {UnknownScenario} */
export function selectAll(
  catalogue: readonly Catalogued[],
  wanted: readonly string[],
): readonly Selected[] {
  const byName = new Map(
    wanted
      .flatMap((each) => select(catalogue, each))
      .map((each) => [`${each.name}:${each.variant ?? ''}`, each] as const),
  )
  return [...byName.values()]
}

/** @throws {UnknownScenario} when no scenario belongs to the suite. */
export function suite(catalogue: readonly Catalogued[], name: string): readonly Selected[] {
  const all = catalogue.flatMap((each) => select(catalogue, each.name))
  const suites = (each: Selected) => suitesOf(each.scenario, each.variant)
  const members = all.filter((each) => suites(each).includes(name as SuiteName))
  if (members.length === 0) {
    const known = [...new Set(all.flatMap(suites))].toSorted()
    throw new UnknownScenario('suite', name, known.join(' or '))
  }
  return members.map((member) => ({ ...member, suite: name as SuiteName }))
}

export class UnknownScenario extends Error {
  override readonly name = 'UnknownScenario'
  constructor(kind: string, wanted: string, near: string | undefined) {
    super(`there is no ${kind} "${wanted}"${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
}

/** The candidate with the smallest edit distance. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined =>
  candidates.length === 0 ? undefined : closest(word, candidates)
