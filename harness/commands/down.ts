import { Command } from 'commander'
import { DrillFolder, type Entry } from '../drill-folder.ts'
import { bringDown, stacksIn, theStack } from '../sandbox.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { UsageError } from './usage-error.ts'

type Flags = { readonly stack?: string; readonly all: boolean }

/** `down`: removes a kept stack with all that was noted of it. */
export function downCommand(): Command {
  return new Command('down')
    .description('remove a kept stack: containers, network, volumes, credentials')
    .option('--stack <id>', 'which one, where there are several')
    .option('--all', 'every stack that is kept here', false)
    .action(async (flags: Flags) => {
      const folder = new DrillFolder()
      const entries = meant(folder, flags)
      if (entries.length === 0) return
      const docker = await connectDocker({ dial: readSettings().dial })
      for (const entry of entries) {
        const removed = await bringDown(folder, entry, docker)
        print(`removed stack ${entry.run}: ${removed} containers, networks and volumes`)
      }
    })
}

function meant(folder: DrillFolder, { stack, all }: Flags): readonly Entry[] {
  if (!all) return [theStack(folder, stack)]
  if (stack !== undefined) throw new UsageError('--stack names one and --all means every stack')
  const entries = stacksIn(folder)
  if (entries.length === 0) print('there is no stack here')
  return entries
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
