import { DrillFolder, type Entry, isDead } from './drill-folder.ts'
import { wallClockMs } from './lib/clock.ts'
import type { Docker } from './stack/docker.ts'
import { removeRun, type Swept, sweep } from './stack/sweep.ts'

/**
 * Removes from the engine what nobody needs any more, then what was noted of it: dead runs,
 * stacks that have expired, and stacks whose `up` died before they were whole.
 */
export async function sweepUp({ engine }: Docker, folder = new DrillFolder()): Promise<Swept> {
  const over = folder.entries().filter((entry) => isOver(folder, entry))
  const halves = over.filter((entry) => entry.kind === 'stack' && !isExpired(entry))
  const early = await Promise.all(halves.map(({ run }) => removeRun(engine, run)))
  const { removed, left } = await sweep(engine)
  const living = new Set(left.map(({ run }) => run))
  for (const { run } of over) if (!living.has(run)) folder.remove(run)
  return { removed: [...early.flat(), ...removed], left }
}

function isOver(folder: DrillFolder, entry: Entry): boolean {
  if (!isDead(entry)) return false
  return entry.kind === 'run' || isExpired(entry) || folder.cluster(entry.run) === undefined
}

const isExpired = ({ expires }: Entry): boolean =>
  expires !== undefined && Date.parse(expires) < wallClockMs()
