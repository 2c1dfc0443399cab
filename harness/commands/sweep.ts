import { Command } from 'commander'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { type Leftover, sweep } from '../stack/sweep.ts'

/** `sweep`: removes what dead runs left; a run that is alive keeps everything. */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description('remove what runs left that are no longer alive')
    .action(async () => {
      const docker = await connectDocker({ dial: readSettings().dial })
      const { removed, left } = await sweep(docker.engine)
      for (const each of removed) print(`removed  ${told(each)}`)
      for (const each of left) print(`left     ${told(each)}: its run is alive or has not expired`)
      if (removed.length + left.length === 0) print('nothing with our label on this engine')
    })
}

const told = ({ kind, name, run }: Leftover): string => `${kind} ${name} of run ${run}`

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
