import { runLabels } from './labels.ts'

/** What a run looks for by a name that it would give. */
export type Named = { readonly name: string; readonly labels: Readonly<Record<string, string>> }

/**
 * A plan knows some things by name alone. What is removed by its name has to be of the same run:
 * on an engine that others use, too, a name says nothing.
 * @throws {NameOfOthers}
 */
export function refuseNameOfOthers(
  { name, labels }: Named,
  found: Readonly<Record<string, string>> | null | undefined,
): void {
  const [run, owner] = [labels[runLabels.run], found?.[runLabels.run]]
  if (owner === undefined || owner !== run) throw new NameOfOthers(name, run, owner)
}

/** Something else has the name; nothing was done to it. */
export class NameOfOthers extends Error {
  override readonly name = 'NameOfOthers'
  readonly exitCode = 3
  constructor(name: string, run: string | undefined, owner: string | undefined) {
    const whose = owner === undefined ? 'has no label of ours' : `belongs to run ${owner}`
    super(`${name} was to be of run ${run}, and ${whose}: it is left alone`)
  }
}
