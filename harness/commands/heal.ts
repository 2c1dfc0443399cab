import { Command } from 'commander'
import { DrillFolder, type Entry, isDead } from '../drill-folder.ts'
import { EXIT } from '../objectives/exit-code.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { type InForce, inForce, undoAll } from '../undoing.ts'
import { UsageError } from './usage-error.ts'

/** `heal`: undoes faults from their plans alone, whoever injected them and however that ended. */
export function healCommand(finish: (exitCode: number) => void): Command {
  return new Command('heal')
    .description('undo faults of kept stacks and of runs that died, from their plans')
    .argument('[id]', 'of one fault, such as 01-kill, or all of them', 'all')
    .option('--stack <id>', 'only of this stack or run')
    .action(async (id: string, { stack }: { stack?: string }) => finish(await heal(id, stack)))
}

async function heal(wanted: string, stack: string | undefined): Promise<number> {
  const folder = new DrillFolder()
  const entries = healable(folder, stack)
  const found = chosen(
    entries.flatMap((entry) => inForce(folder, entry)),
    wanted,
  )
  if (found.length === 0) {
    print(entries.length === 0 ? 'there is no stack here' : 'nothing is in force')
    return EXIT.passed
  }
  const docker = await connectDocker({ dial: readSettings().dial })
  let code: number = EXIT.passed
  for (const { run, id, outcome, says } of await undoAll(docker, found)) {
    print(`${outcome.padEnd(7)}  ${entries.length > 1 ? `${run} ` : ''}${id}: ${says}`)
    if (outcome !== 'healed' && outcome !== 'gone') code = EXIT.failed
  }
  return code
}

/** A run that is alive heals its faults itself. */
function healable(folder: DrillFolder, run: string | undefined): readonly Entry[] {
  const entries = folder.entries()
  const ours = entries.filter((entry) => entry.kind === 'stack' || isDead(entry))
  if (run === undefined) return ours
  const named = ours.filter((entry) => entry.run === run)
  if (named.length > 0) return named
  throw new UsageError(
    entries.some((entry) => entry.run === run)
      ? `run ${run} is alive and heals its faults itself`
      : `there is no stack "${run}"`,
  )
}

/** @throws {UsageError} when there is no fault of that id, or several stacks have one. */
function chosen(faults: readonly InForce[], wanted: string): readonly InForce[] {
  if (wanted === 'all') return faults
  const found = faults.filter(({ id }) => id === wanted)
  if (found.length === 0) {
    const there = faults.map(({ id }) => id).join(', ')
    throw new UsageError(
      `no fault "${wanted}" is in force${there === '' ? '' : `; there is ${there}`}`,
    )
  }
  const runs = [...new Set(found.map(({ run }) => run))]
  if (runs.length === 1) return found
  throw new UsageError(`${wanted} is in force in several stacks, name one with --stack: ${runs}`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
