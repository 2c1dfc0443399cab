import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'

/**
 * Files of a record, opened as files and as nothing else: a run may come from somebody else, a
 * link could lead out of it, and opening a pipe would wait for ever.
 */

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** @throws {FileUnreadable}; ENOENT as Node says it. */
export async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, FLAGS).catch((error) => {
    throw unopened(path, error)
  })
  try {
    mustBeFile(path, await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** A whole document belongs into memory only when it is small; ours have some hundred KiB. */
const TEXT_MAX_MIB = 64

/** @throws {FileUnreadable}; ENOENT as Node says it. */
export function readRegularText(path: string): string {
  let descriptor: number
  try {
    descriptor = openSync(path, FLAGS)
  } catch (error) {
    throw unopened(path, error)
  }
  try {
    const found = fstatSync(descriptor)
    mustBeFile(path, found)
    if (found.size > TEXT_MAX_MIB * 2 ** 20) {
      throw new FileUnreadable(path, `is larger than ${TEXT_MAX_MIB} MiB`)
    }
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function mustBeFile(path: string, found: Stats): void {
  if (found.isFile()) return
  const what = found.isDirectory() ? 'directory' : found.isFIFO() ? 'pipe' : 'device'
  throw new FileUnreadable(path, `is a ${what}, not a file`)
}

const LINK_CODES = ['ELOOP', 'EMLINK'] // what O_NOFOLLOW answers to a symbolic link

function unopened(path: string, error: unknown): unknown {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return error
  const why = LINK_CODES.includes(code)
    ? 'is a symbolic link, not a file'
    : `cannot be read: ${code}`
  return new FileUnreadable(path, why, { cause: error })
}

/** Something is there under this name, and it is no file that can be read. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable'
  readonly file: string
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${basename(path)}: ${why}`, options)
    this.file = basename(path)
  }
}
