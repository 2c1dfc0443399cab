import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../lib/command.ts'
import { minutes, seconds } from '../lib/duration.ts'
import { composeFolder } from './pins.ts'
import { ensureTool, isInstalled, isReadable, osRelease } from './system-package.ts'
import { CannotAssemble, type Workshop } from './workshop.ts'

/** Left out of root file systems: nobody reads them there. Licences stay. */
const NOT_UNPACKED = [
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/doc/*',
]
const UNPACKED_AGAIN = ['/usr/share/doc/*/copyright']
const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Packages listed one a line for this image, without comments. */
export async function packagesOf(image: 'base' | 'operator'): Promise<readonly string[]> {
  const text = await readFile(join(composeFolder, image, 'packages.txt'), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * A Debian root file system with the given packages, as a tar file or a folder, by the path's
 * form. From the mirrors of the host's own apt where the host is Debian, else from
 * mmdebstrap's default.
 */
export async function debianRoot(
  workshop: Workshop,
  {
    packages,
    suffixes = ['', '-updates', '-security'],
    target,
    workFolder,
  }: {
    packages: readonly string[]
    suffixes?: readonly string[]
    target: string
    workFolder: string
  },
): Promise<void> {
  await ensureTool(workshop, {
    tool: 'mmdebstrap',
    packages: ['mmdebstrap', 'debian-archive-keyring'],
    present: async () =>
      (await isInstalled('mmdebstrap', '--version')) && (await isReadable(DEBIAN_KEYS)),
  })
  const aptOptions = join(workFolder, 'apt-options')
  await writeFile(aptOptions, await hostAptOptions())
  const args = [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    `--aptopt=${aptOptions}`,
    '--aptopt=Acquire::Languages "none"',
    ...NOT_UNPACKED.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...UNPACKED_AGAIN.map((path) => `--dpkgopt=path-include=${path}`),
    workshop.pins.debianSuite,
    target,
    ...(await hostSources(workshop.pins.debianSuite, suffixes)),
  ]
  // Its own mount namespace: what mmdebstrap mounts ends with it, also when it is killed, and a
  // clean-up can never reach the host's /dev through a mount that was left.
  const [program, ...before] =
    process.getuid?.() === 0
      ? ['unshare', '--mount', '--propagation', 'private', 'mmdebstrap']
      : ['mmdebstrap']
  await run(program as string, [...before, ...args], {
    env: { TMPDIR: workFolder },
    within: minutes(15),
    signal: workshop.signal,
  })
}

/** Proxies, certificates and clock settings of the host's apt, which mmdebstrap does not read. */
async function hostAptOptions(): Promise<string> {
  if (!(await isInstalled('apt-config', '--version'))) return ''
  const dump = await run('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire'], {
    within: seconds(20),
  })
  return dump
    .split('\n')
    .filter((line) => /^Acquire::(https?::|Retries|Check-)\S* "[^"]+";$/.test(line))
    .map((line) => `${line}\n`)
    .join('')
}

/** The host's Debian mirrors as source lines for another suite; none where the host is no Debian. */
async function hostSources(suite: string, suffixes: readonly string[]): Promise<readonly string[]> {
  const { ID, VERSION_CODENAME = '' } = await osRelease()
  if (ID !== 'debian') return []
  const targets = await run(
    'apt-get',
    ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'],
    { within: seconds(20) },
  )
  return sourcesFrom(targets, { hostSuite: VERSION_CODENAME, suite, suffixes })
}

/** `bookworm main <uri>` lines of the host, turned into `deb <uri> trixie main` for the wanted suites. */
export function sourcesFrom(
  targets: string,
  { hostSuite, suite, suffixes }: { hostSuite: string; suite: string; suffixes: readonly string[] },
): readonly string[] {
  const uris = new Map<string, string>()
  for (const line of targets.split('\n')) {
    const [release = '', component, uri] = line.split(' ')
    if (component === 'main' && uri !== undefined && !uris.has(release)) uris.set(release, uri)
  }
  const main = uris.get(hostSuite)
  if (main === undefined) return []
  return suffixes.flatMap((suffix) => {
    // Backports lie beside the suite itself; updates and security are used where the host does.
    const uri = suffix === '-backports' ? main : uris.get(`${hostSuite}${suffix}`)
    return uri === undefined ? [] : [`deb ${uri} ${suite}${suffix} main`]
  })
}

/** Package → version as unpacked: a Debian suite moves on, and a report must say what really ran. */
export type Served = ReadonlyMap<string, string>

export async function servedVersions(
  tarFile: string,
  packages: readonly string[],
): Promise<Served> {
  const status = await run('tar', ['-xOf', tarFile, './var/lib/dpkg/status'], {
    within: minutes(1),
  })
  return installedVersions(status, packages)
}

/** Versions of the given packages in the text of dpkg's status file. */
export function installedVersions(status: string, packages: readonly string[]): Served {
  const all = status
    .split('\n\n')
    .map((paragraph): readonly [string, string] => [
      /^Package: (.*)$/m.exec(paragraph)?.[1] ?? '',
      /^Version: (.*)$/m.exec(paragraph)?.[1] ?? '',
    ])
  return new Map(all.filter(([name]) => packages.includes(name)))
}

/** `haproxy=3.0.11-1+deb13u2 openssl=…`, for a label. */
export const formatServed = (served: Served): string =>
  [...served].map(([name, version]) => `${name}=${version}`).join(' ')

/** The upstream version of one package in such a label. */
export const servedVersion = (label: string, name: string): string | undefined =>
  new RegExp(`(?:^| )${name}=(?:\\d+:)?([^-+~ ]+)`).exec(label)?.[1]

/**
 * A newer patch is welcome and said; another minor line is not what was pinned.
 * @throws {CannotAssemble}
 */
export function checkServed(name: 'haproxy', served: Served, { pins, onProgress }: Workshop): void {
  const pinned = pins.versions[name]
  const version = servedVersion(formatServed(served), name)
  if (version === pinned) return
  const line = pinned.split('.').slice(0, 2).join('.')
  if (version === undefined || !version.startsWith(`${line}.`)) {
    throw new CannotAssemble(
      `Debian ${pins.debianSuite} serves ${name} ${version ?? 'not at all'}, pinned is ${pinned}`,
    )
  }
  onProgress(`${name}: Debian ${pins.debianSuite} serves ${version}, pinned is ${pinned}`)
}
