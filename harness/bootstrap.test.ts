import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandFailed, run } from './lib/command.ts'
import { seconds } from './lib/duration.ts'

/** `./drill` in a clone of its own, whose path has a space, with a command line that tells what it got. */
const root = join(import.meta.dirname, '..')
let clone: string
let tools: string

beforeEach(() => {
  clone = join(mkdtempSync(join(tmpdir(), 'drill-')), 'a clone')
  tools = join(clone, 'tools')
  for (const folder of ['compose', 'harness', 'node_modules', '.drill', 'tools']) {
    mkdirSync(join(clone, folder), { recursive: true })
  }
  for (const file of ['drill', 'package-lock.json', 'compose/versions.env']) {
    copyFileSync(join(root, file), join(clone, file))
  }
  const tell =
    'console.log(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), cache: process.env.NODE_COMPILE_CACHE })); process.exitCode = 7'
  writeFileSync(join(clone, 'harness', 'cli.ts'), tell)
})
afterEach(() => rmSync(dirname(clone), { recursive: true, force: true }))

/** As a finished set-up leaves it. */
async function setUp(): Promise<void> {
  const made = 'cat "$1/package-lock.json" "$1/compose/versions.env" | cksum'
  const sum = await run('sh', ['-c', made, 'sh', clone], { within: seconds(5) })
  writeFileSync(join(clone, '.drill', 'ready'), `${process.execPath}\n${sum}\n`)
}

/** Programs of a machine that has only these: no npm, no apt-get, no Docker. */
function onlyTools(...names: readonly string[]): void {
  for (const name of names) {
    const folder = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].find((one) =>
      existsSync(join(one, name)),
    )
    if (folder !== undefined) symlinkSync(join(folder, name), join(tools, name))
  }
}

const COMMON = ['sh', 'cat', 'cksum', 'dirname', 'mkdir', 'mv', 'rm', 'sed', 'uname', 'id', 'grep']

const drill = (args: readonly string[], env: Record<string, string | undefined> = {}) =>
  run(join(clone, 'drill'), args, {
    cwd: '/',
    env: { XDG_RUNTIME_DIR: '', ...env },
    within: seconds(10),
  })

test('a machine that is ready goes straight to the command, with its arguments and its exit code', async () => {
  await setUp()
  const failed = await drill(['list', 'two words', '*']).catch((error) => error)
  expect(failed).toBeInstanceOf(CommandFailed)
  expect(failed.exit).toBe(7)
  expect(failed.lastLines).toHaveLength(1) // nothing but the command speaks
  expect(JSON.parse(failed.lastLines[0])).toEqual({
    argv: ['list', 'two words', '*'],
    cwd: '/',
    cache: join(clone, '.drill', 'compile-cache'),
  })
})

test.each([
  ['the lock file', 'package-lock.json'],
  ['a pin', 'compose/versions.env'],
])('after a change of %s it sets up again', async (_what, file) => {
  await setUp()
  onlyTools(...COMMON)
  writeFileSync(join(clone, file), '# changed\nNODE_VERSION=24.99.0\n')
  symlinkSync(process.execPath, join(tools, 'node'))
  const failed = await drill(['list'], { PATH: tools }).catch((error) => error)
  expect(failed.exit).toBe(10)
  expect(failed.lastLines.at(-1)).toBe(
    'drill: npm is missing; on Debian or Ubuntu, as root: apt-get install -y npm',
  )
})

test('a Node that is too old is not used', async () => {
  onlyTools(...COMMON)
  writeFileSync(join(tools, 'node'), '#!/bin/sh\necho 20\n')
  chmodSync(join(tools, 'node'), 0o755)
  const failed = await drill(['list'], { PATH: tools }).catch((error) => error)
  expect(failed.exit).toBe(10)
  expect(failed.lastLines.at(-1)).toContain('npm is missing')
})

test.each([
  [['judge', 'x']],
  [['report']],
  [['list']],
  [['verify']],
  [['test', 'unit']],
  [['bench', 'probe']],
  [['run', '--dry']],
  [['status']],
  [['inject', 'kill']],
  [['heal', 'all']],
  [['down', '--all']],
  [['up', '--help']],
  [['--help']],
  [[]],
])('%j needs no engine', async (args) => {
  await setUp()
  onlyTools(...COMMON, 'setsid')
  // Neither a socket nor dockerd is there: a command that needs an engine would stop with 10.
  hideSocket()
  const failed = await drill(args, { PATH: tools, DOCKER_HOST: '', HOME: clone }).catch((e) => e)
  expect(failed.exit).toBe(7)
})

test.each([[['run']], [['images', 'ls']], [['test']], [['bench']]])(
  '%j without an engine says how to get one',
  async (args) => {
    await setUp()
    onlyTools(...COMMON, 'setsid')
    hideSocket()
    const failed = await drill(args, { PATH: tools, DOCKER_HOST: '', HOME: clone }).catch((e) => e)
    expect(failed.exit).toBe(10)
    expect(failed.lastLines.at(-1)).toBe(
      'drill: Docker Engine is missing; on Debian or Ubuntu, as root: apt-get install -y docker.io',
    )
  },
)

test.each([[['status']], [['heal']], [['down']]])(
  '%j needs an engine once there is a stack',
  async (args) => {
    await setUp()
    onlyTools(...COMMON, 'setsid')
    hideSocket()
    mkdirSync(join(clone, '.drill', '3a4d26'))
    writeFileSync(join(clone, '.drill', '3a4d26', 'stack.json'), '{}')
    const failed = await drill(args, { PATH: tools, DOCKER_HOST: '', HOME: clone }).catch((e) => e)
    expect(failed.exit).toBe(10)
  },
)

test('an engine elsewhere is not ours to start', async () => {
  await setUp()
  onlyTools(...COMMON)
  hideSocket()
  const failed = await drill(['run'], { PATH: tools, DOCKER_HOST: 'tcp://engine:2375' }).catch(
    (error) => error,
  )
  expect(failed.exit).toBe(7)
})

/** The script's own place for it, in a clone where nothing listens. */
function hideSocket(): void {
  const file = join(clone, 'drill')
  const script = readFileSync(file, 'utf8')
  const line = 'socket=/var/run/docker.sock'
  expect(script).toContain(line)
  writeFileSync(file, script.replace(line, 'socket=/nonexistent/docker.sock'))
}

test('the lock file names each package that another one may want, or npm ci refuses it', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
  expect(missing).toEqual([])
})
