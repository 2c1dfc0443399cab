import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { NotARecord, type RunRecord, readRecord } from '../journal/read.ts'
import { registerFiles } from './as-written.ts'
import { junitXml } from './junit.ts'
import { type Reported, reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'
import { type Run, readRunFile } from './run-file.ts'
import { readVerdict } from './verdict-file.ts'

/**
 * Writes `report.html`, `report.md`, `junit.xml` and, where documents were typed, the register of
 * deficiencies, from what the run's directory holds.
 * The verdicts are the stored ones: to derive them again is `judge`'s work.
 * @returns the paths that were written
 */
export async function writeReports(
  directory: string,
  run: Run = readRunFile(directory),
): Promise<readonly string[]> {
  const reported: Reported[] = []
  for (const { directory: name } of run.scenarios) {
    const path = join(directory, name)
    reported.push({ verdict: readVerdict(path), record: await recordIn(path) })
  }
  const verdicts = reported.map(({ verdict }) => verdict)
  const files = {
    'report.html': reportHtml(run, reported),
    'report.md': reportMarkdown(run, verdicts),
    'junit.xml': junitXml(run, verdicts),
    ...registerFiles(
      run,
      reported.map(({ record }) => record),
    ),
  }
  return Object.entries(files).map(([name, text]) => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  })
}

/** A skipped scenario has no journal; a damaged one still has a verdict that says so. */
async function recordIn(path: string): Promise<RunRecord | undefined> {
  if (!existsSync(join(path, JOURNAL_FILE))) return undefined
  try {
    return await readRecord(path)
  } catch (error) {
    if (error instanceof NotARecord) return undefined
    throw error
  }
}
