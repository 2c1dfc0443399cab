import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentName } from './component.ts'
import { composeFolder, type Pins } from './pins.ts'

/** What can be assembled: the components, and the Debian userland that two of them share. */
export type Assembled = ComponentName | 'base'

/** Raise it when the assembly code changes what comes out: images made before no longer count. */
const ASSEMBLY_REVISION = 1

const ON_BASE: readonly Assembled[] = ['localstack', 'haproxy', 'toolbox']

export const standsOnBase = (name: Assembled): boolean => ON_BASE.includes(name)

/** 12 hex digits over everything that decides an assembled image; equal on every machine of one architecture. */
export function recipeOf(name: Assembled, pins: Pins, folder = composeFolder): string {
  const hash = createHash('sha256')
  const add = (text: string) => hash.update(`${text.length}:${text}`)
  add(`${ASSEMBLY_REVISION} ${process.arch} ${name} ${versionOf(name, pins)}`)
  for (const file of readdirSync(join(folder, name)).toSorted()) {
    add(file)
    add(readFileSync(join(folder, name, file), 'utf8'))
  }
  if (standsOnBase(name)) add(recipeOf('base', pins, folder))
  return hash.digest('hex').slice(0, 12)
}

export const versionOf = (name: Assembled, pins: Pins): string =>
  name === 'base' ? pins.debianSuite : pins.versions[name]

/** The recipe is part of the tag, so two checkouts on one engine do not take each other's image. */
export const tagOf = (name: Assembled, pins: Pins): string =>
  `${ASSEMBLED_PREFIX}${name}:${versionOf(name, pins)}-${recipeOf(name, pins)}`

const ASSEMBLED_PREFIX = 'vault-drill/'

/** Whether assembly gave this name, and not a person with `docker tag`. */
export const isAssembledTag = (tag: string): boolean => tag.startsWith(ASSEMBLED_PREFIX)
