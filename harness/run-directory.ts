import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Selected } from './catalogue.ts'
import { messageOf } from './failures.ts'
import type { Product } from './vault/product.ts'

/**
 * `<UTC>-<suite or scenario>-<id>` below `out`.
 * @throws {OutNotWritable}
 */
export function makeRunDirectory(
  { out, label }: { readonly out: string; readonly label: string },
  id: string,
  started: string,
): string {
  const stamp = started.replace(/[-:]|\.\d+/g, '')
  const directory = join(out, `${stamp}-${label.replace(/[^a-z0-9-]+/gi, '-')}-${id}`)
  try {
    makeEach(directory)
    return directory
  } catch (error) {
    throw new OutNotWritable(out, error)
  }
}

/** One after another: `mkdir` with `recursive` spins for ever below /proc (Node 24). */
function makeEach(directory: string): void {
  if (existsSync(directory)) return
  makeEach(dirname(directory))
  mkdirSync(directory)
}

/** `reports/latest` points at the newest run; only a link is ever replaced. */
export function pointLatest(out: string, directory: string): void {
  const name = basename(directory)
  const link = join(out, `.latest-${name}`)
  symlinkSync(name, link)
  renameSync(link, join(out, 'latest')) // at once, as two runs may end together
}

/** `<scenario>[.<variant>][.<product>][.m5][.r03]` */
export function scenarioDirectoryName(
  { name, variant }: Selected,
  product: Product,
  repetition: number,
  {
    multiplier,
    repeat,
    product: wanted,
  }: { readonly multiplier: number; readonly repeat: number; readonly product: string },
): string {
  return [
    name,
    ...(variant === undefined ? [] : [variant]),
    ...(wanted === 'both' ? [product] : []),
    ...(multiplier === 5 ? ['m5'] : []),
    ...(repeat === 1 ? [] : [`r${String(repetition).padStart(2, '0')}`]),
  ].join('.')
}

/** `--out` names a place where nothing can be written. */
export class OutNotWritable extends Error {
  override readonly name = 'OutNotWritable'
  readonly exitCode = 64
  constructor(out: string, cause: unknown) {
    super(`--out ${out} cannot be written: ${messageOf(cause)}`, { cause })
  }
}
