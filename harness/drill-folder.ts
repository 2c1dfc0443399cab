import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { readSaved, type SavedCluster, savedText } from './cluster/saved.ts'
import { UndoBook } from './faults/undo-book.ts'
import { livenessOf, ownerText, thisProcess } from './stack/owner.ts'

/**
 * `.drill/<run>/`: what outlives the process that made a stack, so that another one can use,
 * heal and remove it. Of a run only where its undo plans are; it goes when the run ends.
 */
export const DRILL_FOLDER = resolve(import.meta.dirname, '..', '.drill')

export type Entry = {
  readonly run: string
  /** `stack`: kept on purpose; `run`: a run of scenarios, which removes its stack itself. */
  readonly kind: 'stack' | 'run'
  /** Who made it, as on the labels. */
  readonly owner: string
  /** Of a stack: in words, for people. */
  readonly what?: string
  /** Of a stack: RFC 3339. */
  readonly expires?: string
  /** Of a run: where its reports are. */
  readonly directory?: string
}

/** Only its user may look into it. */
const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const ENTRY = 'stack.json'
const CLUSTER = 'cluster.json'

export class DrillFolder {
  readonly #root: string

  constructor(root: string = DRILL_FOLDER) {
    this.#root = root
  }

  /** Before the first container, so that whatever happens then has somebody who knows of it. */
  enter(entry: Omit<Entry, 'owner'>): Entry {
    const entered = { ...entry, owner: ownerText(thisProcess()) }
    mkdirSync(this.#root, { recursive: true })
    mkdirSync(this.pathOf(entry.run), { mode: PRIVATE_FOLDER })
    this.#write(entry.run, ENTRY, `${JSON.stringify(entered, null, 2)}\n`)
    return entered
  }

  /** Gives the files that people use: a token with every right, and what to trust. */
  saveCluster(saved: SavedCluster): { readonly token: string; readonly ca?: string } {
    const { run, authority, rootToken } = saved
    const token = this.#write(run, 'root-token', rootToken.reveal())
    const ca = authority === undefined ? {} : { ca: this.#write(run, 'ca.pem', authority.ca) }
    this.#write(run, CLUSTER, savedText(saved)) // last: with it the stack counts as whole
    return { token, ...ca }
  }

  /** `undefined` when its `up` has not come so far. */
  cluster(run: string): SavedCluster | undefined {
    const file = join(this.pathOf(run), CLUSTER)
    return existsSync(file) ? readSaved(readFileSync(file, 'utf8')) : undefined
  }

  /** Everything that is entered, by name. */
  entries(): readonly Entry[] {
    if (!existsSync(this.#root)) return []
    return readdirSync(this.#root)
      .toSorted()
      .flatMap((name) => entryIn(join(this.#root, name, ENTRY)))
  }

  pathOf(run: string): string {
    return join(this.#root, run)
  }

  /** Of a stack its own; of a run one for each scenario that injected something. */
  books({ run, directory }: Entry): readonly UndoBook[] {
    const places = directory === undefined ? [this.pathOf(run)] : foldersIn(directory)
    return places.map((place) => new UndoBook(join(place, 'undo')))
  }

  /** Twice is harmless. */
  remove(run: string): void {
    rmSync(this.pathOf(run), { recursive: true, force: true })
  }

  #write(run: string, name: string, text: string): string {
    const file = join(this.pathOf(run), name)
    writeFileSync(`${file}.part`, text, { mode: PRIVATE_FILE, flush: true })
    renameSync(`${file}.part`, file) // whole or not there
    return file
  }
}

/** Whether the process that entered it is gone; of another host nobody knows. */
export const isDead = ({ owner }: Entry): boolean => livenessOf(owner) === 'dead'

/** None in the folders of other things; one may also be removed at this moment. */
function entryIn(file: string): readonly Entry[] {
  try {
    return [JSON.parse(readFileSync(file, 'utf8')) as Entry]
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

function foldersIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name))
}
