import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * Files of a record, opened as files and as nothing else: a run may come from somebody else, a
 * link could lead out of it, and opening a pipe would wait for ever.
 */

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * @returns its descriptor, to be closed
 * @throws {FileUnreadable}; ENOENT as Node says it.
 */
export function openRegular(path: string): number {
  const descriptor = opened(path)
  try {
    const found = fstatSync(descriptor)
    if (found.isFile()) return descriptor
    const what = found.isDirectory() ? 'directory' : found.isFIFO() ? 'pipe' : 'device'
    throw new FileUnreadable(path, `is a ${what}, not a file`)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** A whole document belongs into memory only when it is small; ours have some hundred KiB. */
const TEXT_MAX_MIB = 64

/** @throws {FileUnreadable}; ENOENT as Node says it. */
export function readRegularText(path: string): string {
  const descriptor = openRegular(path)
  try {
    if (fstatSync(descriptor).size > TEXT_MAX_MIB * 2 ** 20) {
      throw new FileUnreadable(path, `is larger than ${TEXT_MAX_MIB} MiB`)
    }
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

const LINK_CODES = ['ELOOP', 'EMLINK'] // what O_NOFOLLOW answers to a symbolic link

function opened(path: string): number {
  try {
    return openSync(path, FLAGS)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw error
    const why = LINK_CODES.includes(code)
      ? 'is a symbolic link, not a file'
      : `cannot be read: ${code}`
    throw new FileUnreadable(path, why, { cause: error })
  }
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
