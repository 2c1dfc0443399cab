import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** This project's own sources, as `tidy.test.ts` looks at them. */
export type SourceFile = {
  /** Path from the root, without `harness/`. */
  readonly name: string
  readonly folder: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  readonly lines: number
  readonly isTest: boolean
  readonly imports: readonly Import[]
}

/**
 * Of a file, by its name, or of a package. A type is gone when the code runs; a process of its own
 * loads for itself alone.
 */
export type Import = { readonly of: string; readonly isType: boolean; readonly isProcess: boolean }

export const ROOT = join(import.meta.dirname, '..')

/** All files below a folder, by their paths from the root. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
}

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

export function sourceFiles(folders: readonly string[]): readonly SourceFile[] {
  const paths = folders.flatMap(filesBelow).filter((path) => path.endsWith('.ts'))
  return paths.map((path) => {
    const text = readText(path)
    const name = shortened(path)
    return {
      name,
      folder: folderOf(name),
      text,
      code: withoutComments(text),
      lines: text.split('\n').length - 1,
      isTest: path.endsWith('.test.ts'),
      imports: importsIn(path, text),
    }
  })
}

/** `harness` for its own files, else the folder below it. */
export const folderOf = (name: string): string =>
  name.includes('/') ? (name.split('/')[0] as string) : 'harness'

const shortened = (path: string): string => path.replace(/^harness\//, '')

/** A `//` in an address stays. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<!:)\/\/.*$/gm, '')

const STATIC =
  /^(?:import|export)\s+(?<type>type\s+)?[\w*{][^'"=]*?\sfrom\s+'(?<of>[^']+)'|^import\s+'(?<of>[^']+)'/gm
/** Imported when needed, or started as a process of its own. */
const LATE =
  /\bimport\('(?<of>[^']+)'\)|(?<process>new URL\()'(?<of>\.[^']+\.ts)', import\.meta\.url\)/g

function importsIn(path: string, text: string): readonly Import[] {
  return [...text.matchAll(STATIC), ...text.matchAll(LATE)].map(({ groups }) => {
    const of = groups?.of ?? ''
    return {
      of: of.startsWith('.') ? shortened(join(dirname(path), of)) : of,
      isType: groups?.type !== undefined,
      isProcess: groups?.process !== undefined,
    }
  })
}

/** What is loaded once these files run: they, all that they import, and packages. */
export function loadedBy(
  names: readonly string[],
  sources: readonly SourceFile[],
): ReadonlySet<string> {
  const byName = new Map(sources.map((source) => [source.name, source]))
  const loaded = new Set<string>()
  const queue = [...names]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (loaded.has(name)) continue
    loaded.add(name)
    for (const { of, isType, isProcess } of byName.get(name)?.imports ?? []) {
      if (!isType && !isProcess) queue.push(of)
    }
  }
  return loaded
}
