import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ComponentName, componentNames } from './component.ts'

/** The folder with the pins and, per component, how it is assembled. */
export const composeFolder = join(import.meta.dirname, '..', '..', 'compose')

/** What compose/versions.env says. */
export type Pins = {
  readonly versions: Readonly<Record<ComponentName, string>>
  /** Public image without its tag, registry included; the tag is the version. */
  readonly repositories: Readonly<Record<ComponentName, string>>
  readonly node: string
  readonly debianSuite: string
  readonly goAtLeast: string
  readonly goBackport: string
}

/** @throws {BadPins} */
export const loadPins = (): Pins =>
  parsePins(readFileSync(join(composeFolder, 'versions.env'), 'utf8'))

/** @throws {BadPins} for a line that is not `KEY=value`, a key written twice, or a missing key. */
export function parsePins(text: string): Pins {
  const values = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const match = /^([A-Z][A-Z0-9_]*)=([^\s"'$]+)$/.exec(line)
    if (match?.[1] === undefined || match[2] === undefined) {
      throw new BadPins(`line ${index + 1} is not KEY=value: ${line}`)
    }
    if (values.has(match[1])) throw new BadPins(`${match[1]} is written twice`)
    values.set(match[1], match[2])
  }
  const pinned = (key: string): string => {
    const value = values.get(key)
    if (value === undefined) throw new BadPins(`${key} is missing`)
    return value
  }
  const perComponent = (suffix: string) =>
    Object.fromEntries(
      componentNames.map((name) => [name, pinned(`${name.toUpperCase()}_${suffix}`)]),
    ) as Record<ComponentName, string>
  return {
    versions: perComponent('VERSION'),
    repositories: perComponent('IMAGE'),
    node: pinned('NODE_VERSION'),
    debianSuite: pinned('DEBIAN_SUITE'),
    goAtLeast: pinned('GO_AT_LEAST'),
    goBackport: pinned('GO_BACKPORT'),
  }
}

export class BadPins extends Error {
  override readonly name = 'BadPins'
  constructor(why: string) {
    super(`compose/versions.env: ${why}`)
  }
}
