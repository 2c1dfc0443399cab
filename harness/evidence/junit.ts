import type { JudgedObjective, Verdict } from '../objectives/verdict.ts'
import type { Run } from './run-file.ts'
import { nameOf, sayObjective } from './wording.ts'

/**
 * JUnit XML: a suite per scenario, a case per objective. An inconclusive objective is an
 * error, because a CI that shows it green would be wrong.
 */
export function junitXml(run: Run, verdicts: readonly Verdict[]): string {
  const suites = verdicts.map((verdict) => suite(verdict))
  const name = escaped(run.id)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${name}">\n${suites.join('')}</testsuites>\n`
}

function suite(verdict: Verdict): string {
  const { product, multiplier, seed } = verdict
  // What was skipped promised nothing here; its undecided objectives are no errors.
  const objectives = verdict.verdict === 'skipped' ? [] : verdict.objectives
  const count = (word: JudgedObjective['verdict']): number =>
    objectives.filter((objective) => outcomeOf(objective) === word).length
  const name = escaped(`${nameOf(verdict)} (${product}, M${multiplier})`)
  const whole = scenarioCase(verdict)
  const numbers = [
    `tests="${objectives.length + 1}"`,
    `failures="${count('missed') + (verdict.verdict === 'failed' ? 1 : 0)}"`,
    `errors="${count('inconclusive') + (['inconclusive', 'aborted'].includes(verdict.verdict) ? 1 : 0)}"`,
    `skipped="${verdict.verdict === 'skipped' ? 1 : 0}"`,
  ]
  const properties = [
    property('seed', seed),
    property('source', verdict.source),
    property('repro', verdict.repro),
    ...objectives.map((objective) =>
      property(objective.id, sayObjective(objective, verdict).measured),
    ),
  ]
  const cases = objectives.map((objective) => objectiveCase(objective, verdict))
  return `  <testsuite name="${name}" ${numbers.join(' ')}>\n    <properties>\n${properties.join('')}    </properties>\n${cases.join('')}${whole}  </testsuite>\n`
}

const property = (name: string, value: string): string =>
  `      <property name="${escaped(name)}" value="${escaped(value)}"/>\n`

/** A miss that the scenario exists to show is what should have been. */
const outcomeOf = ({ verdict, expectedMiss }: JudgedObjective): JudgedObjective['verdict'] =>
  verdict === 'missed' && expectedMiss ? 'met' : verdict

function objectiveCase(objective: JudgedObjective, verdict: Verdict): string {
  const open = `    <testcase classname="${escaped(nameOf(verdict))}" name="${escaped(objective.id)}"`
  const because = escaped(objective.because)
  switch (outcomeOf(objective)) {
    case 'missed':
      return `${open}>\n      <failure message="${because}"/>\n    </testcase>\n`
    case 'inconclusive':
      return `${open}>\n      <error type="${objective.cause}" message="${because}"/>\n    </testcase>\n`
    default:
      return `${open}/>\n`
  }
}

/** The scenario as a whole: an abort or an error belongs to no objective. */
function scenarioCase(verdict: Verdict): string {
  const open = `    <testcase classname="${escaped(nameOf(verdict))}" name="verdict"`
  const why = escaped(verdict.why)
  const child = {
    passed: '',
    failed: `<failure message="${why}"/>`,
    inconclusive: `<error type="${verdict.cause ?? 'inconclusive'}" message="${why}"/>`,
    aborted: `<error type="aborted" message="${why}"/>`,
    skipped: `<skipped message="${why}"/>`,
  }[verdict.verdict]
  return child === '' ? `${open}/>\n` : `${open}>\n      ${child}\n    </testcase>\n`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

const escaped = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    // XML 1.0 has no way to write these.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters to remove
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
