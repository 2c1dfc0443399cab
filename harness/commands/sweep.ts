import { Command } from 'commander'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import type { Leftover } from '../stack/sweep.ts'
import { sweepUp } from '../sweep-up.ts'

/** `sweep`: removes what dead runs and expired stacks left; what is alive or kept stays. */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description('remove what dead runs and expired stacks left')
    .action(async () => {
      const docker = await connectDocker({ dial: readSettings().dial })
      const { removed, left } = await sweepUp(docker)
      for (const each of removed) print(`removed  ${told(each)}`)
      for (const each of left) print(`left     ${told(each)}: it is alive, kept or has not expired`)
      if (removed.length + left.length === 0) print('nothing with our label on this engine')
    })
}

const told = ({ kind, name, run }: Leftover): string => `${kind} ${name} of run ${run}`

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
