import { createHash } from 'node:crypto'
import { createReadStream, lstatSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { isLoadFile } from '../journal/load.ts'
import type { RunRecord } from '../journal/read.ts'
import { FileUnreadable, openRegular } from '../lib/regular-file.ts'
import { RUN_FILE, type Run, recordsIn } from './run-file.ts'

/**
 * What `run.json` vouches for, held against what is on disk. The journal seals the other files,
 * and `run.json` seals the journal: without it a missing tail of the journal itself would go
 * unnoticed.
 */
export async function headsThatDiffer(
  path: string,
  name: string,
  { heads }: Run,
  record: RunRecord,
): Promise<readonly string[]> {
  const found: string[] = []
  const isDamaged = (file: string): boolean => record.damage.some((damage) => damage.file === file)
  for (const [key, head] of Object.entries(heads)) {
    if (!key.startsWith(`${name}/`)) continue
    const file = key.slice(name.length + 1)
    if (isDamaged(file)) continue
    const seal = record.seals.find((candidate) => candidate.file === file)
    if (seal === undefined) {
      const why = await whyNotWhole(join(path, file), head)
      if (why !== undefined) found.push(`${file}: ${why}`)
    } else if (seal.head !== head && isLoadFile(file)) {
      found.push(`${file}: is not the file whose hash ${RUN_FILE} recorded`)
    } else if (seal.head !== head) {
      found.push(
        `${file}: line ${seal.lines}, the last, is not the one that ${RUN_FILE} recorded: the end was cut off or changed`,
      )
    }
  }
  if (heads[`${name}/${JOURNAL_FILE}`] === undefined) {
    found.push(`${JOURNAL_FILE}: ${RUN_FILE} does not vouch for its end`)
  }
  return found
}

/** A file that is no chain is hashed whole. */
async function whyNotWhole(path: string, head: string): Promise<string | undefined> {
  try {
    return (await sha256Of(path)) === head
      ? undefined
      : `is not the file whose hash ${RUN_FILE} recorded`
  } catch (error) {
    if (error instanceof FileUnreadable) return error.message.slice(error.file.length + 2)
    if (!isThere(path)) return 'is missing'
    throw error
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = createReadStream(path, { fd: openRegular(path) }) // closes it
  for await (const chunk of file) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/**
 * A scenario whose verdict somebody would rather not have is not got rid of by taking it out of
 * `run.json`, nor by taking its directory away.
 */
export function namesThatDiffer(directory: string, { scenarios, heads }: Run): readonly string[] {
  const named = new Set(scenarios.map((scenario) => scenario.directory))
  const unnamed = recordsIn(directory).filter((name) => !named.has(name))
  const vouched = new Set(Object.keys(heads).map(scenarioOf))
  const unknown = [...vouched].filter((name) => !named.has(name))
  const sealed = Object.keys(heads).filter((key) => key !== `${dirname(key)}/${basename(key)}`)
  return [
    ...unnamed.map((name) => `${name}: has a ${JOURNAL_FILE}, but ${RUN_FILE} does not name it`),
    ...unknown.map((name) => `${RUN_FILE}: vouches for files of ${name}, which it does not name`),
    ...sealed.map((key) => `${RUN_FILE}: vouches for ${key}, which leads elsewhere`),
    ...(named.size < scenarios.length ? [`${RUN_FILE}: names one directory twice`] : []),
  ]
}

/** A key is the scenario's directory and a file of it, which may lie in a folder of its own. */
function scenarioOf(key: string): string {
  const at = key.indexOf('/')
  return at !== -1 && isLoadFile(key.slice(at + 1)) ? key.slice(0, at) : dirname(key)
}

/** Also a link that leads nowhere is there. */
export const isThere = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false }) !== undefined
