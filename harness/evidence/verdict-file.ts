import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileUnreadable, readRegularText } from '../lib/regular-file.ts'
import type { Verdict } from '../objectives/verdict.ts'

export const VERDICT_FILE = 'verdict.json'

/** Writes a scenario's verdict beside the record from which it was derived. */
export function writeVerdict(directory: string, verdict: Verdict): void {
  writeFileSync(join(directory, VERDICT_FILE), `${JSON.stringify(verdict, null, 2)}\n`)
}

/** @throws {VerdictUnreadable} when there is none, or what is there is no verdict. */
export function readVerdict(directory: string): Verdict {
  try {
    const verdict = JSON.parse(readRegularText(join(directory, VERDICT_FILE))) as Verdict
    if (typeof verdict?.verdict === 'string' && Array.isArray(verdict.objectives)) return verdict
  } catch (error) {
    if (error instanceof FileUnreadable)
      throw new VerdictUnreadable(error.message, { cause: error })
    const why = (error as Error).message
    throw new VerdictUnreadable(`${VERDICT_FILE} cannot be read: ${why}`, { cause: error })
  }
  throw new VerdictUnreadable(`${VERDICT_FILE} is no verdict`)
}

export class VerdictUnreadable extends Error {
  override readonly name = 'VerdictUnreadable'
}
