import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { loadCatalogue, selectAll } from './catalogue.ts'
import { DrillFolder } from './drill-folder.ts'
import { performRun, type RunOptions } from './run.ts'
import { readSettings } from './settings.ts'
import { connectDocker } from './stack/docker.ts'
import { findOurs } from './stack/sweep.ts'

/** More memory than any machine has. */
const ABSURD_MIB = 2 ** 40

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'guard-'))
  return () => rmSync(out, { recursive: true })
})

async function options(more: Partial<RunOptions>): Promise<RunOptions> {
  return {
    selected: selectAll(await loadCatalogue(), ['kv-lifecycle', 'health-codes']),
    label: 'guard',
    product: 'openbao',
    multiplier: 1,
    limits: {},
    seed: undefined,
    repeat: 1,
    tls: true,
    failFast: false,
    offline: true,
    out,
    argv: [],
    settings: readSettings(),
    signal: new AbortController().signal,
    say: () => {},
    ...more,
  }
}

test('a run that has too little room is refused before anything is started', async () => {
  const atLeast = { diskMiB: ABSURD_MIB, memoryMiB: 1 }
  const refused = performRun(await options({ atLeast }))
  await expect(refused).rejects.toMatchObject({
    name: 'SafetyStop',
    exitCode: 3,
    message: expect.stringMatching(/^stopped by the safety guard: the engine's disk has \d+ MiB/),
  })
  expect(readdirSync(out)).toEqual([])
})

test('a run whose room runs out is stopped, says so, and leaves nothing', async () => {
  const atLeast = { diskMiB: 1, memoryMiB: 1 }
  const { exitCode, verdicts, directory } = await performRun(
    await options({
      atLeast,
      onJournal: (kind) => {
        if (kind === 'cluster.ready') atLeast.memoryMiB = ABSURD_MIB
      },
    }),
  )
  expect(verdicts.at(-1)).toMatchObject({
    verdict: 'aborted',
    why: expect.stringMatching(/^stopped by the safety guard: the memory of this machine has \d+/),
  })
  expect(exitCode).toBe(3)
  const run = directory.split('-').at(-1)
  const { engine } = await connectDocker()
  expect((await findOurs(engine)).filter((each) => each.run === run)).toEqual([])
  expect(new DrillFolder().entries().filter((each) => each.run === run)).toEqual([])
})
