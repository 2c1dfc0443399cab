import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performRun, type RunOptions, type RunResult } from '../harness/run.ts'
import { readSettings } from '../harness/settings.ts'

type Given = Pick<RunOptions, 'selected' | 'product' | 'signal' | 'onJournal' | 'onVerdict'> & {
  readonly bench: string
  readonly repeat?: number
}

/** A run as `./drill run` makes it, silent, its files where they are in nobody's way. */
export const quietRun = ({ bench, repeat = 1, ...given }: Given): Promise<RunResult> =>
  performRun({
    ...given,
    repeat,
    label: 'bench',
    multiplier: 1,
    limits: {},
    seed: undefined,
    tls: true,
    failFast: false,
    offline: false,
    out: mkdtempSync(join(tmpdir(), 'drill-bench-')),
    argv: ['bench', bench],
    settings: readSettings(),
    say: () => {},
  })
