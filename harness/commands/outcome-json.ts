import { join } from 'node:path'
import { readRunFile } from '../evidence/run-file.ts'
import { readVerdict } from '../evidence/verdict-file.ts'

/** What `--json` prints: `run.json` with every scenario's `verdict.json` in its place. */
export function outcomeJson(directory: string): unknown {
  const run = readRunFile(directory)
  return {
    ...run,
    scenarios: run.scenarios.map((scenario) => ({
      ...scenario,
      ...readVerdict(join(directory, scenario.directory)),
    })),
  }
}
