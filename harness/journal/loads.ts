import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FileUnreadable } from '../lib/regular-file.ts'
import type { Seal } from './chain.ts'
import type { Entry } from './entry.ts'
import { isLoadFile, type LoadEnded } from './load.ts'
import { LoadClock } from './load-clock.ts'
import { readLoadFile } from './load-file.ts'
import { loadSpans } from './load-phases.ts'
import { LoadBuilder, type LoadSamples } from './load-samples.ts'
import type { Damage } from './record-limits.ts'

export type Loads = {
  readonly loads: readonly LoadSamples[]
  readonly seals: readonly Seal[]
  readonly unsealed: readonly string[]
  readonly damage: readonly Damage[]
}

/**
 * Reads what every load of a record left. Damage is part of the answer: a file that is not the one
 * which the journal sealed, or none.
 */
export async function readLoads(
  directory: string,
  entries: readonly Entry[],
  sealOf: ReadonlyMap<string, Seal>,
): Promise<Loads> {
  const clock = new LoadClock(entries)
  const spans = loadSpans(entries)
  const loads: LoadSamples[] = []
  const seals: Seal[] = []
  const unsealed: string[] = []
  const damage: Damage[] = []
  const of = async (file: string, take: (line: Buffer) => void): Promise<string | undefined> => {
    const seal = sealOf.get(file)
    const bad = (message: string): void => {
      damage.push({ file, line: 1, message: `${file}: ${message}` })
    }
    if (!isLoadFile(file)) bad('is no place for the samples of a load')
    else if (!isThere(join(directory, file))) {
      if (seal !== undefined) bad('is missing, but the journal recorded its hash')
    } else if (!lstatSync(join(directory, dirname(file))).isDirectory()) {
      bad('lies in what is no directory of this run')
    } else {
      try {
        const { sha256, lines, cut } = await readLoadFile(join(directory, file), take)
        seals.push({ file, lines, head: sha256 })
        if (seal === undefined) unsealed.push(file)
        else if (seal.head !== sha256) bad('is not the file whose hash the journal recorded')
        return cut
      } catch (error) {
        if (!(error instanceof FileUnreadable)) throw error
        bad(error.message.slice(error.file.length + 2))
      }
    }
    return undefined
  }

  const read = new Set<string>()
  for (const entry of entries) {
    if (entry.kind !== 'load.started') continue
    const { data: started, t: startedAt } = entry
    const builder = new LoadBuilder({ started, startedAt, spans }, clock)
    const cut = read.has(started.samples)
      ? undefined
      : await of(started.samples, (line) => builder.take(line))
    read.add(started.samples)
    loads.push(builder.finish(endOf(entries, started.load), cut))
  }
  // Sealed samples of no load are still part of the evidence.
  for (const file of sealOf.keys())
    if (isLoadFile(file) && !read.has(file)) await of(file, () => {})
  return { loads, seals, unsealed, damage }
}

/** Also a link that leads nowhere is there. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

function endOf(
  entries: readonly Entry[],
  load: string,
): { readonly data: LoadEnded; readonly t: number } | undefined {
  const ended = entries.find((entry) => entry.kind === 'load.ended' && entry.data.load === load)
  return ended?.kind === 'load.ended' ? ended : undefined
}
