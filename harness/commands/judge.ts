import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Difference, differences } from '../evidence/difference.ts'
import {
  HalfWrittenRun,
  NotARun,
  type Run,
  type RunScenario,
  readRunFile,
} from '../evidence/run-file.ts'
import { readVerdict, VerdictUnreadable } from '../evidence/verdict-file.ts'
import { WORDS } from '../evidence/wording.ts'
import { JOURNAL_FILE } from '../journal/journal.ts'
import { NotARecord, OtherFormat, type RunRecord, readRecord } from '../journal/read.ts'
import { EXIT, exitCodeOf, worstExit } from '../objectives/exit-code.ts'
import { judgeScenario, type Verdict } from '../objectives/judge.ts'

/**
 * Derives every verdict of a run again from its files alone, without Docker.
 * @param run directory of the run
 * @returns 0 when all are as stored, 1 when one differs, 20 when a file is not as it was
 * written, 64 when the directory is no run or of another format
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
  codes.push(checkExitCode(run, verdicts, print))
  const code = worstOf(codes)
  print(
    code === EXIT.passed
      ? `${run.scenarios.length} of ${run.scenarios.length} verdicts are derived again from the files`
      : `the files of ${run.id} do not give the stored verdicts`,
  )
  return code
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
  try {
    const stored = readVerdict(path)
    if (!existsSync(join(path, JOURNAL_FILE))) return withoutJournal(run, scenario, stored, print)
    const record = await readRecord(path)
    const broken = [
      ...record.damage.map(({ message }) => message),
      ...(await headsThatDiffer(path, name, run, record)),
    ]
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
    if (error instanceof OtherFormat) {
      print(error.message)
      return { code: EXIT.usage }
    }
    if (!(error instanceof NotARecord || error instanceof VerdictUnreadable)) throw error
    print(`${name}: ${error.message}`)
    return { code: EXIT.evidence }
  }
}

function compare(scenario: RunScenario, stored: Verdict, derived: Verdict): readonly Difference[] {
  // By way of JSON, because that is what was stored.
  const found = differences(stored, JSON.parse(JSON.stringify(derived)))
  return scenario.verdict === derived.verdict
    ? found
    : [
        ...found,
        { path: 'verdict in run.json', stored: scenario.verdict, derived: derived.verdict },
      ]
}

/** Only a scenario that never ran has no journal. */
function withoutJournal(
  { heads }: Run,
  { directory: name, verdict }: RunScenario,
  stored: Verdict,
  print: (line: string) => void,
): Again {
  const recorded = Object.keys(heads).some((file) => file.startsWith(`${name}/`))
  const ran = ['passed', 'failed'].includes(stored.verdict) || stored.verdict !== verdict
  if (recorded || ran) {
    print(`${name}/${JOURNAL_FILE}: is missing`)
    return { code: EXIT.evidence }
  }
  print(`${name}: ${WORDS[stored.verdict]}, it never ran`)
  return { code: EXIT.passed, verdict: stored }
}

/**
 * The journal seals the other files, and `run.json` seals the journal: without it a missing
 * tail of the journal itself would go unnoticed.
 */
async function headsThatDiffer(
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
    if (seal !== undefined) {
      if (seal.head === head) continue
      found.push(
        `${file}: line ${seal.lines}, the last, is not the one that run.json recorded: the end was cut off or changed`,
      )
    } else if (!existsSync(join(path, file))) found.push(`${file}: is missing`)
    else if ((await sha256Of(join(path, file))) !== head) {
      found.push(`${file}: is not the file whose hash run.json recorded`)
    }
  }
  if (heads[`${name}/${JOURNAL_FILE}`] === undefined) {
    found.push(`${JOURNAL_FILE}: run.json does not vouch for its end`)
  }
  return found
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A run may have ended worse than its verdicts (a signal, a full disk), never better. */
function checkExitCode(
  { exitCode, scenarios }: Run,
  verdicts: readonly Verdict[],
  print: (line: string) => void,
): number {
  if (verdicts.length < scenarios.length || exitCode !== EXIT.passed) return EXIT.passed
  const derived = exitCodeOf(verdicts)
  if (derived === EXIT.passed) return EXIT.passed
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
      if (!(error instanceof NotARecord || error instanceof OtherFormat)) throw error
      print(error.message)
    }
  }
  return half.records[0] === '.' ? EXIT.usage : EXIT.evidence
}
