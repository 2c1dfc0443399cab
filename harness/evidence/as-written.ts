import { deficienciesPage } from '../documents/deficiencies-page.ts'
import { readRegister } from '../documents/register.ts'
import { observationsIn, renewed } from '../documents/renew.ts'
import type { RunRecord } from '../journal/read.ts'
import type { Run } from './run-file.ts'

/**
 * The register of deficiencies and its page as this run would have them, by the names of their
 * files; nothing where no document was typed.
 */
export function registerFiles(
  { started }: Run,
  records: readonly (RunRecord | undefined)[],
): Readonly<Record<string, string>> {
  const day = started.slice(0, 10)
  const seen = records.flatMap((record) =>
    record === undefined ? [] : observationsIn(record.entries, day),
  )
  if (seen.length === 0) return {}
  const register = renewed(readRegister(), seen)
  return {
    'deficiencies.json': `${JSON.stringify(register, null, 2)}\n`,
    'deficiencies.md': deficienciesPage(register),
  }
}
