import { chmod, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandFailed, run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { debianRoot } from './assemble-debian.ts'
import { withBuildLock } from './build-lock.ts'
import { composeFolder } from './pins.ts'
import { isDebianLike, isReadable } from './system-package.ts'
import { CannotAssemble, inWorkFolder, timed, type Workshop } from './workshop.ts'

export type GoProgram = {
  readonly name: 'toxiproxy' | 'vault' | 'k6'
  readonly package: string
  /** Given to the linker, such as the version that the program tells. */
  readonly linkerFlags: string
}

/** Without cgo the programs run on an image without a C library; without it they do not start there. */
const BUILD_ENV = { CGO_ENABLED: '0', GOOS: 'linux', GOTOOLCHAIN: 'local' }
const BUILD_WITHIN = minutes(45)

/** Compiles one program from the module in compose/<name>, with the host's Go or Debian's. */
export async function goBinary(
  workshop: Workshop,
  program: GoProgram,
  output: string,
): Promise<void> {
  await mkdir(dirname(output), { recursive: true })
  const hosts = await hostGo()
  if (hosts !== undefined && isNewEnough(hosts, workshop.pins.goAtLeast)) {
    await run('go', ['-C', join(composeFolder, program.name), ...buildArgs(program, output)], {
      env: BUILD_ENV,
      within: BUILD_WITHIN,
      signal: workshop.signal,
    })
  } else {
    workshop.onProgress(
      `${program.name}: ${hosts === undefined ? 'no Go here' : `Go ${hosts} is too old`}, using Debian's`,
    )
    await buildInDebian(workshop, program, output)
  }
  await chmod(output, 0o755)
}

const buildArgs = ({ package: path, linkerFlags }: GoProgram, output: string) => [
  'build',
  '-trimpath',
  '-buildvcs=false',
  '-ldflags',
  `-s -w ${linkerFlags}`.trim(),
  '-o',
  output,
  path,
]

async function hostGo(): Promise<string | undefined> {
  try {
    const said = await run('go', ['env', 'GOVERSION'], {
      env: { GOTOOLCHAIN: 'local' },
      within: seconds(20),
    })
    return said.trim().replace(/^go/, '')
  } catch (error) {
    if (error instanceof CommandFailed) return undefined
    throw error
  }
}

export function isNewEnough(version: string, atLeast: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [majorNeeded = 0, minorNeeded = 0] = atLeast.split('.').map(Number)
  return major > majorNeeded || (major === majorNeeded && minor >= minorNeeded)
}

async function buildInDebian(
  workshop: Workshop,
  program: GoProgram,
  output: string,
): Promise<void> {
  const { debianSuite, goAtLeast, goBackport } = workshop.pins
  if (process.getuid?.() !== 0 || !(await isDebianLike())) {
    throw new CannotAssemble(
      `Go ${goAtLeast} or newer is needed: install it, or run as root on Debian, where ${debianSuite}-backports serves`,
    )
  }
  const root = join(workshop.cache, `go-${debianSuite}-${goBackport}-${process.arch}`)
  await withBuildLock(root, () => ensureGoRoot(workshop, root, program.name), {
    signal: workshop.signal,
  })
  const inside = join('/', 'build', program.name)
  await cp(join(composeFolder, program.name), join(root, inside), { recursive: true, force: true })
  await lendHostFiles(root)
  try {
    const args = ['-C', inside, ...buildArgs(program, join(inside, 'program'))]
    await run('chroot', [root, 'go', ...args], {
      env: {
        ...BUILD_ENV,
        PATH: `/usr/lib/go-${goBackport}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: '/root',
        TMPDIR: '/tmp',
        GOENV: '/opt/go.env',
        GOROOT: `/usr/lib/go-${goBackport}`, // it finds its own only through /proc, which is not there
        GOPATH: '/opt/go',
        GOCACHE: '/opt/go-build',
        GOMODCACHE: undefined,
        SSL_CERT_FILE: HOST_CERTIFICATES,
        SSL_CERT_DIR: undefined,
      },
      within: BUILD_WITHIN,
      signal: workshop.signal,
    })
    await rename(join(root, inside, 'program'), output)
  } finally {
    await rm(join(root, inside), { recursive: true, force: true })
  }
}

/** It stays in the cache for the next Go program; its final name appears only when it is whole. */
async function ensureGoRoot(
  workshop: Workshop,
  root: string,
  name: GoProgram['name'],
): Promise<void> {
  if (await isReadable(root)) return
  const { goBackport, debianSuite } = workshop.pins
  await timed(workshop, name, `build root with Go ${goBackport} of ${debianSuite}-backports`, () =>
    inWorkFolder(workshop, 'go-root', async (workFolder) => {
      const unfinished = join(workFolder, 'root')
      await debianRoot(workshop, {
        packages: [`golang-${goBackport}-go`, 'ca-certificates'],
        suffixes: ['', '-backports'],
        target: unfinished,
        workFolder,
      })
      await rename(unfinished, root)
    }),
  )
}

const HOST_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** Names, certificates and Go's own settings (module proxy) as the host has them, maybe newer than the root. */
async function lendHostFiles(root: string): Promise<void> {
  const lent = [
    ['/etc/resolv.conf', '/etc/resolv.conf'],
    ['/etc/hosts', '/etc/hosts'],
    [HOST_CERTIFICATES, HOST_CERTIFICATES],
    [join(homedir(), '.config', 'go', 'env'), '/opt/go.env'],
  ] as const
  for (const [from, to] of lent) {
    if (await isReadable(from)) await copyFile(from, join(root, to))
  }
}
