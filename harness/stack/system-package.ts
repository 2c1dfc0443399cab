import { access, constants, readFile } from 'node:fs/promises'
import { CommandFailed, run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { CannotAssemble, type Workshop } from './workshop.ts'

let installing: Promise<unknown> = Promise.resolve()

/**
 * Makes a tool of the distribution available: nothing when `present` finds it, else its package
 * is installed where that is allowed (root on Debian or Ubuntu).
 * @throws {CannotAssemble} with the command to run where it is not.
 */
export async function ensureTool(
  workshop: Workshop,
  {
    tool,
    packages,
    present,
  }: { tool: string; packages: readonly string[]; present: () => Promise<boolean> },
): Promise<void> {
  // One after another: two builds may want the same package at the same time.
  const mine = installing.then(async () => {
    if (!(await present())) await install(workshop, tool, packages)
  })
  installing = mine.catch(() => {})
  await mine
}

async function install(
  { onProgress, signal, confirm }: Workshop,
  tool: string,
  packages: readonly string[],
): Promise<void> {
  const command = `apt-get install -y ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !(await isDebianLike())) {
    throw new CannotAssemble(`${tool} is missing; on Debian or Ubuntu, as root: ${command}`)
  }
  if (!(await confirm(`${tool} is missing. Install it with "${command}"?`))) {
    throw new CannotAssemble(`${tool} is missing and was not to be installed: ${command}`)
  }
  onProgress(`${tool} is missing: ${command}`)
  const apt = (...args: readonly string[]) =>
    run('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      within: minutes(5),
      signal,
    })
  const packagesOnly = ['install', '--no-install-recommends', ...packages]
  try {
    await apt(...packagesOnly)
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    await apt('update') // a fresh machine has no package lists
    await apt(...packagesOnly)
  }
}

export async function isInstalled(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args, { within: seconds(20) })
    return true
  } catch (error) {
    if (error instanceof CommandFailed) return false
    throw error
  }
}

export async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  )
}

/** `ID` and `VERSION_CODENAME` of /etc/os-release; empty where there is none. */
export async function osRelease(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '') // not on macOS
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map((match) => [match[1], match[2]]),
  )
}

export async function isDebianLike(): Promise<boolean> {
  const { ID = '', ID_LIKE = '' } = await osRelease()
  return `${ID} ${ID_LIKE}`.split(' ').includes('debian')
}
