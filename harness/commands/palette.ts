import { Chalk } from 'chalk'
import { type Palette, plain } from '../evidence/summary.ts'
import type { Settings } from '../settings.ts'

/** Colours for a terminal; none for a file, a pipe or under `NO_COLOR`. */
export function palette({ colour }: Settings, stream: { readonly isTTY?: boolean }): Palette {
  if (!colour || stream.isTTY !== true) return plain
  const chalk = new Chalk()
  return {
    good: chalk.green,
    bad: chalk.red,
    doubt: chalk.yellow,
    dim: chalk.dim,
    strong: chalk.bold,
  }
}
