import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { CommandFailed, run } from '../lib/command.ts'
import { formatDuration, milliseconds, minutes } from '../lib/duration.ts'
import { EXIT } from '../objectives/exit-code.ts'
import { HOST_GATES } from '../objectives/host-gates.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { resolveImages } from '../stack/images.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const BIN = join(ROOT, 'node_modules', '.bin')
const CLI = join(ROOT, 'harness', 'cli.ts')
const RESULTS = join(ROOT, '.vitest')

const PROJECTS = ['unit', 'contract', 'scenarios', 'every-fault'] as const
type Project = (typeof PROJECTS)[number]
type Part = 'check' | 'selftest' | Project

/** The quickest first: what is wrong is known soon. */
const PARTS: readonly Part[] = ['check', 'unit', 'selftest', 'contract', 'scenarios']
/** A quarter of an hour, for whoever changes a fault: CI takes one of each mechanism. */
const ASKED_FOR: readonly Part[] = ['every-fault']
/** What is needed before the tests start, so that no test's time goes into building it. */
const NEEDS_IMAGES: readonly Part[] = ['contract', 'scenarios', 'every-fault']

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** `test`: the project's own tests; without arguments all that CI runs. */
export function testCommand(finish: (exitCode: number) => void): Command {
  return new Command('test')
    .description("the project's own tests (without arguments all that CI runs)")
    .addArgument(new Argument('[part...]', 'which').choices([...PARTS, ...ASKED_FOR]))
    .action(async (parts: readonly Part[]) =>
      finish(await test(parts.length === 0 ? PARTS : parts)),
    )
}

async function test(parts: readonly Part[]): Promise<number> {
  rmSync(RESULTS, { recursive: true, force: true })
  mkdirSync(RESULTS, { recursive: true })
  const counts: Counts[] = []
  let failed = false
  if (parts.some((part) => NEEDS_IMAGES.includes(part))) await prepareImages()
  for (const part of parts) {
    const startedMs = performance.now()
    print(`== ${part}`)
    const ok = await runPart(part, counts)
    failed ||= !ok
    const took = formatDuration(milliseconds(performance.now() - startedMs))
    print(`== ${part} ${ok ? 'passed' : 'failed'} in ${took}`)
  }
  const sum = (key: keyof Counts) => counts.reduce((total, each) => total + each[key], 0)
  print(`vault-drill: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
  return failed ? EXIT.failed : EXIT.passed
}

async function runPart(part: Part, counts: Counts[]): Promise<boolean> {
  switch (part) {
    case 'check':
      return checkSources()
    case 'selftest':
      return plantDefects()
    default:
      return runProject(part, counts)
  }
}

/** A verdict's sentence names the gate that took it away; other sentences have these words, too. */
const BY_THE_HOST = new RegExp(` is inconclusive: (${HOST_GATES.join('|')}): `)

/**
 * Everything planted must be caught, here as by hand. The run without a defect may be in doubt
 * where the host is too busy for the probe: the harness is on trial, not the machine.
 */
async function plantDefects(): Promise<boolean> {
  const args = [CLI, 'selftest', '--level', 'L0,L1', '--out', RESULTS]
  const exitCode = await exitOf(process.execPath, args)
  if (exitCode !== EXIT.inconclusive) return exitCode === EXIT.passed
  const [name = ''] = readdirSync(RESULTS).filter((entry) => entry.includes('selftest'))
  const { controls } = JSON.parse(readFileSync(join(RESULTS, name, 'selftest.json'), 'utf8')) as {
    readonly controls: readonly { outcome: string; level: string; reason: string }[]
  }
  const open = controls.filter(({ outcome }) => outcome !== 'passed')
  const isHostTooBusy =
    open.length > 0 &&
    open.every(({ level, outcome, reason }) => {
      return level === 'L1' && outcome === 'inconclusive' && BY_THE_HOST.test(reason)
    })
  if (isHostTooBusy) print('the host is too busy to tell whether the run without a defect passes')
  return isHostTooBusy
}

async function prepareImages(): Promise<void> {
  const settings = readSettings()
  const docker = await connectDocker({ dial: settings.dial })
  await resolveImages(docker, ['openbao', 'localstack', 'toxiproxy', 'haproxy', 'k6'], {
    sources: settings.sources,
    offline: settings.offline,
    onProgress: print,
  })
}

async function checkSources(): Promise<boolean> {
  const style = await succeeds(join(BIN, 'biome'), ['ci', '--colors=off', '.'])
  const types = await succeeds(join(BIN, 'tsc'), ['--noEmit'])
  const loadTypes = await succeeds(join(BIN, 'tsc'), ['-p', 'load']) // they run in k6
  return style && types && loadTypes
}

async function runProject(project: Project, counts: Counts[]): Promise<boolean> {
  const results = join(RESULTS, `${project}.json`)
  const ok = await succeeds(join(BIN, 'vitest'), [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
  ])
  counts.push(countsIn(results))
  return ok
}

/** @throws when there is no result file: a runner that tested nothing must not look green. */
function countsIn(file: string): Counts {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Record<string, number>
  return {
    passed: numPassedTests ?? 0,
    failed: numFailedTests ?? 0,
    skipped: numPendingTests ?? 0,
  }
}

const succeeds = async (program: string, args: readonly string[]): Promise<boolean> =>
  (await exitOf(program, args)) === EXIT.passed

/** The exit code; one that a signal ended has none and counts as failed. */
async function exitOf(program: string, args: readonly string[]): Promise<number> {
  try {
    await run(program, args, { cwd: ROOT, within: minutes(40), onLine: print })
    return EXIT.passed
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    if (error.lastLines.length === 0) print(error.message)
    return typeof error.exit === 'number' ? error.exit : EXIT.failed
  }
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
