import { arch, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Run } from './evidence/run-file.ts'
import { CommandFailed, run } from './lib/command.ts'
import { seconds } from './lib/duration.ts'

/** Where a run took place and with which sources, for `run.json`. */

export const hostFacts = (): Run['host'] => ({
  cpus: cpus().length,
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  kernel: release(),
  arch: arch(),
})

/** Commit of this checkout and whether it was changed; `null` where git or the checkout is missing. */
export async function treeState(): Promise<Run['git']> {
  const options = { cwd: join(import.meta.dirname, '..'), within: seconds(10) }
  try {
    const commit = await run('git', ['rev-parse', 'HEAD'], options)
    const changes = await run('git', ['status', '--porcelain'], options)
    return { commit: commit.trim(), dirty: changes.trim() !== '' }
  } catch (error) {
    if (error instanceof CommandFailed) return { commit: null, dirty: null }
    throw error
  }
}
