import { HalfWrittenRun, NotARun, readRunFile } from '../evidence/run-file.ts'
import { writeReports } from '../evidence/run-report.ts'
import { VerdictUnreadable } from '../evidence/verdict-file.ts'
import { OtherFormat } from '../journal/read.ts'
import { EXIT } from '../objectives/exit-code.ts'

/**
 * Renders the pages of runs again from their files.
 * @returns 0; 20 when a run is incomplete, 64 when a directory is no run
 */
export async function report({
  runs,
  print,
}: {
  readonly runs: readonly string[]
  readonly print: (line: string) => void
}): Promise<number> {
  let code: number = EXIT.passed
  for (const directory of runs) {
    try {
      const run = readRunFile(directory)
      for (const path of await writeReports(directory, run)) print(path)
    } catch (error) {
      if (error instanceof NotARun || error instanceof OtherFormat) code = EXIT.usage
      else if (error instanceof HalfWrittenRun || error instanceof VerdictUnreadable) {
        code = code === EXIT.usage ? code : EXIT.evidence
      } else throw error
      print(error.message)
    }
  }
  return code
}
