import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CommandFailed, run } from './lib/command.ts'
import { seconds } from './lib/duration.ts'
import { connectDocker } from './stack/docker.ts'
import { findOurs } from './stack/sweep.ts'

/** What the command refuses only once it has an engine. */

const CLI = join(import.meta.dirname, 'cli.ts')

async function refusalOf(args: readonly string[]): Promise<CommandFailed> {
  const ran = run(process.execPath, [CLI, ...args], { within: seconds(50) })
  const failure = await ran.then(() => undefined).catch((error) => error)
  expect(failure).toBeInstanceOf(CommandFailed)
  return failure as CommandFailed
}

test('a place for reports that cannot be written ends a run before anything is started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'out-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), 'in the way')
  const out = join(folder, 'file', 'reports')
  const ours = async () => (await findOurs((await connectDocker()).engine)).map(({ id }) => id)
  const before = await ours()
  const { exit, lastLines } = await refusalOf(['run', 'bring-up', '--out', out])
  expect(lastLines).toEqual([expect.stringContaining(`--out ${out} cannot be written: ENOTDIR`)])
  expect(exit).toBe(64)
  expect((await ours()).filter((id) => !before.includes(id))).toEqual([])
})

test('a component that there is none of is refused with those that there are', async () => {
  const missing = await refusalOf(['images', 'build', 'openba'])
  expect(missing.lastLines.join()).toContain('there is no component "openba", only openbao, vault')
  expect(missing.exit).toBe(64)
})
