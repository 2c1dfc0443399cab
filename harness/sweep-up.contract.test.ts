import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DrillFolder, type Entry } from './drill-folder.ts'
import { wallClockMs } from './lib/clock.ts'
import { run as runProgram } from './lib/command.ts'
import { hours } from './lib/duration.ts'
import { connectDocker, type Docker } from './stack/docker.ts'
import { runLabels } from './stack/labels.ts'
import { createNetwork } from './stack/network.ts'
import { findOurs, removeRun } from './stack/sweep.ts'
import { sweepUp } from './sweep-up.ts'

let docker: Docker
let dead: string
let root: string
let folder: DrillFolder
const runs: string[] = []
beforeAll(async () => {
  docker = await connectDocker()
  const owner = JSON.stringify(new URL('./stack/owner.ts', import.meta.url))
  const print = `import(${owner}).then((o) => console.log(o.ownerText(o.thisProcess())))`
  dead = await runProgram(process.execPath, ['-e', print])
  root = mkdtempSync(join(tmpdir(), 'sweep-up-'))
  folder = new DrillFolder(root)
})
afterAll(async () => {
  for (const run of runs) await removeRun(docker.engine, run)
  rmSync(root, { recursive: true })
})

const past = () => new Date(wallClockMs() - 1000).toISOString()
const future = () => new Date(wallClockMs() + hours(1).ms).toISOString()

type Left = {
  readonly kind: Entry['kind']
  readonly expires: string
  readonly whole?: boolean
  readonly alive?: boolean
}

/** Something of a run on the engine, and what is noted of it. */
async function leave({ kind, expires, whole = false, alive = false }: Left): Promise<string> {
  const run = `sweep-up-${randomBytes(3).toString('hex')}`
  runs.push(run)
  const { owner: living } = folder.enter({ run, kind })
  const owner = alive ? living : dead
  const place = folder.pathOf(run)
  writeFileSync(join(place, 'stack.json'), JSON.stringify({ run, kind, owner, expires }))
  if (whole) writeFileSync(join(place, 'cluster.json'), '{}')
  await createNetwork(docker.engine, `drill-${run}`, {
    [runLabels.run]: run,
    [runLabels.owner]: owner,
    [runLabels.expiresAt]: expires,
    ...(kind === 'stack' ? { [runLabels.kept]: 'yes' } : {}),
  })
  return run
}

test.each([
  ['a stack that is kept', 'stays', { kind: 'stack', whole: true, expires: future }],
  ['a stack that has expired', 'goes', { kind: 'stack', whole: true, expires: past }],
  ['a stack whose start died in the middle', 'goes', { kind: 'stack', expires: future }],
  ['a stack that is being started', 'stays', { kind: 'stack', expires: future, alive: true }],
  ['a run that died', 'goes', { kind: 'run', expires: future }],
  ['a run that is alive', 'stays', { kind: 'run', expires: future, alive: true }],
] as const)('%s, with what is noted of it, %s', async (_what, fate, left) => {
  const run = await leave({ ...left, expires: left.expires() })
  await sweepUp(docker, folder)
  const isThere = (await findOurs(docker.engine)).some((each) => each.run === run)
  expect([isThere, existsSync(folder.pathOf(run))]).toEqual(
    fate === 'stays' ? [true, true] : [false, false],
  )
})
