import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Difference, differences } from '../evidence/difference.ts'
import {
  HalfWrittenRun,
  NotARun,
  type Run,
  type RunScenario,
  readRunFile,
} from '../evidence/run-file.ts'
import { headsThatDiffer, isThere, namesThatDiffer } from '../evidence/run-heads.ts'
import { isLaterField } from '../evidence/verdict-fields.ts'
import { readVerdict, VerdictUnreadable } from '../evidence/verdict-file.ts'
import { WORDS } from '../evidence/wording.ts'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { NotARecord, OtherFormat, readRecord } from '../journal/read.ts'
import { EXIT, exitCodeOf, worstExit } from '../objectives/exit-code.ts'
import { judgeScenario, type Verdict } from '../objectives/judge.ts'

/**
 * Derives every verdict of a run again from its files alone, without Docker. Whatever the files
 * hold, the answer is lines for people and an exit code.
 * @param run directory of the run
 * @returns 0 when all are as stored, 1 when one differs, 20 when a file is not as it was
 * written, 64 when the directory is no run or of another format, 10 when this program fails
 */
export async function judge({
  run: directory,
  print,
}: {
  readonly run: string
  readonly print: (line: string) => void
}): Promise<number> {
  let run: Run
  try {
    run = readRunFile(directory)
  } catch (error) {
    if (error instanceof HalfWrittenRun) return judgeHalfWritten(directory, error, print)
    if (!(error instanceof NotARun || error instanceof OtherFormat)) throw error
    print(error.message)
    return EXIT.usage
  }
  const codes: number[] = []
  const verdicts: Verdict[] = []
  for (const scenario of run.scenarios) {
    const { code, verdict } = await judgeAgain(directory, run, scenario, print)
    codes.push(code)
    if (verdict !== undefined) verdicts.push(verdict)
  }
  const misnamed = namesThatDiffer(directory, run)
  for (const what of misnamed) print(what)
  if (misnamed.length > 0) codes.push(EXIT.evidence)
  codes.push(checkExitCode(run, verdicts, print))
  const code = worstOf(codes)
  print(summary(run, code))
  return code
}

function summary({ id, scenarios }: Run, code: number): string {
  const count = scenarios.length
  if (code === EXIT.passed) return `${count} of ${count} verdicts are derived again from the files`
  if (code === EXIT.evidence) return `the files of ${id} are not as they were written`
  return `the files of ${id} do not give the stored verdicts`
}

/** A file that was tampered with explains a verdict that differs, so it is named first. */
const worstOf = (codes: readonly number[]): number =>
  codes.includes(EXIT.evidence) ? EXIT.evidence : worstExit(codes)

type Again = { readonly code: number; readonly verdict?: Verdict }

async function judgeAgain(
  directory: string,
  run: Run,
  scenario: RunScenario,
  print: (line: string) => void,
): Promise<Again> {
  const name = scenario.directory
  const path = join(directory, name)
  const broken: string[] = []
  try {
    if (isThere(path) && !lstatSync(path).isDirectory()) {
      print(`${name}: is not a directory of this run`)
      return { code: EXIT.evidence }
    }
    const stored = readVerdict(path)
    if (!isThere(join(path, JOURNAL_FILE))) return withoutJournal(run, scenario, stored, print)
    const record = await readRecord(path)
    broken.push(...record.damage.map(({ message }) => message))
    broken.push(...(await headsThatDiffer(path, name, run, record)))
    for (const what of broken) print(`${name}/${what}`)
    const verdict = judgeScenario(record)
    if (broken.length > 0) return { code: EXIT.evidence, verdict }
    const found = compare(scenario, stored, verdict)
    for (const { path: field, stored: was, derived } of found) {
      print(`${name}: ${field} was ${was}, the files give ${derived}`)
    }
    if (found.length > 0) return { code: EXIT.failed, verdict }
    print(`${name}: ${WORDS[verdict.verdict]}, as stored`)
    return { code: EXIT.passed, verdict }
  } catch (error) {
    const code = told(name, error, print)
    return { code: broken.length > 0 ? EXIT.evidence : code }
  }
}

/** One sentence about what stopped the judging of a scenario, and its exit code. */
function told(name: string, error: unknown, print: (line: string) => void): number {
  const { message } = error as Error
  if (error instanceof OtherFormat) {
    print(message)
    return EXIT.usage
  }
  if (error instanceof NotARecord || error instanceof VerdictUnreadable) {
    print(`${name}: ${message}`)
    return EXIT.evidence
  }
  // The chains hold and the content makes no sense to this version: by no means a verdict.
  print(`${name}: its record cannot be judged: ${message}`)
  return EXIT.infrastructure
}

/** Fields of `run.json` that its pages show and the record knows better. */
const SHARED = ['id', 'variant', 'product', 'multiplier', 'verdict'] as const

function compare(scenario: RunScenario, stored: Verdict, derived: Verdict): readonly Difference[] {
  // By way of JSON, because that is what was stored.
  const found = differences(stored, JSON.parse(JSON.stringify(derived)), isLaterField)
  const told = SHARED.filter((field) => scenario[field] !== derived[field]).map((field) => ({
    path: `${field} in run.json`,
    stored: String(scenario[field]),
    derived: String(derived[field]),
  }))
  return [...found, ...told]
}

const NEVER_RAN = ['skipped', 'aborted', 'inconclusive']

/** Only a scenario that never ran has no journal. */
function withoutJournal(
  { heads }: Run,
  { directory: name, verdict }: RunScenario,
  stored: Verdict,
  print: (line: string) => void,
): Again {
  const recorded = Object.keys(heads).some((file) => file.startsWith(`${name}/`))
  const ran = !NEVER_RAN.includes(stored.verdict) || stored.verdict !== verdict
  if (recorded || ran) {
    print(`${name}/${JOURNAL_FILE}: is missing`)
    return { code: EXIT.evidence }
  }
  print(`${name}: ${WORDS[stored.verdict]}, it never ran`)
  return { code: EXIT.passed, verdict: stored }
}

/** A run may have ended worse than its verdicts (a signal, a full disk), never better. */
function checkExitCode(
  { exitCode, scenarios }: Run,
  verdicts: readonly Verdict[],
  print: (line: string) => void,
): number {
  if (verdicts.length < scenarios.length || exitCode > EXIT.usage) return EXIT.passed
  const derived = exitCodeOf(verdicts)
  if (derived === EXIT.passed || worstExit([exitCode, derived]) === exitCode) return EXIT.passed
  print(`run.json: exitCode was ${exitCode}, the verdicts give ${derived}`)
  return EXIT.failed
}

/** What is there is judged for information; evidence it is not. */
async function judgeHalfWritten(
  directory: string,
  half: HalfWrittenRun,
  print: (line: string) => void,
): Promise<number> {
  print(half.message)
  for (const name of half.records) {
    try {
      const record = await readRecord(join(directory, name))
      const { scenario, verdict, why } = judgeScenario(record)
      for (const { message } of record.damage) print(`${name}/${message}`)
      print(`${scenario}: ${WORDS[verdict]} by its files: ${why}`)
    } catch (error) {
      told(name, error, print)
    }
  }
  return half.records[0] === '.' ? EXIT.usage : EXIT.evidence
}
