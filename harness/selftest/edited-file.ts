import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunRecord, readRecord } from '../journal/read.ts'
import { type MadeRun, writeRun } from '../objectives/made-record.ts'

/** The record of a made run, one of whose files was edited after it was closed. */
export async function editedFile(
  run: MadeRun,
  file: string,
  edit: (lines: readonly string[]) => readonly string[],
): Promise<RunRecord> {
  const above = mkdtempSync(join(tmpdir(), 'edited-run-'))
  try {
    const directory = join(above, 'run')
    writeRun(directory, run)
    const path = join(directory, file)
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    writeFileSync(path, `${edit(lines).join('\n')}\n`)
    return await readRecord(directory)
  } finally {
    rmSync(above, { recursive: true, force: true })
  }
}
