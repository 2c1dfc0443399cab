import { Command } from 'commander'
import { judge } from './judge.ts'
import { report } from './report.ts'

/** `judge` and `report`: what works on the files of a run alone, without Docker. */

export function judgeCommand(finish: (exitCode: number) => void): Command {
  return new Command('judge')
    .description('derive all verdicts of a run again, from its files alone')
    .argument('<run>', 'directory of a run, such as reports/latest')
    .action(async (run: string) => finish(await judge({ run, print })))
}

export function reportCommand(finish: (exitCode: number) => void): Command {
  return new Command('report')
    .description('render the pages of runs again')
    .argument('<run...>', 'directories of runs')
    .action(async (runs: readonly string[]) => finish(await report({ runs, print })))
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
