import type { Verdict } from '../objectives/verdict.ts'
import { againstControls } from './against-control.ts'
import { limitsOf } from './limits.ts'
import { loadTables } from './load-markdown.ts'
import { custodyLines } from './report-custody.ts'
import { interruptionLines } from './report-interruptions.ts'
import type { Run } from './run-file.ts'
import { cell, nameOf, sayClaim, sayHeld, sayObjective, WORDS } from './wording.ts'

/** The report as Markdown, for the summary of a CI job. Its first line says what failed. */
export function reportMarkdown(run: Run, verdicts: readonly Verdict[]): string {
  const lines = [
    headline(verdicts),
    '',
    ...(run.planted === undefined
      ? []
      : [`Planted defect **${run.planted}**: made worse on purpose, by the self-test.`, '']),
    `Run \`${run.id}\`, seed \`${run.seed}\`, ${run.started} to ${run.finished}, exit code ${run.exitCode}.`,
    '',
    ...overview(verdicts),
    ...bullets('Beside their controls', againstControls(verdicts)),
    ...verdicts.flatMap(scenarioLines),
    '## What this run does not prove',
    '',
    ...limitsOf({ run, verdicts }).map((text) => `- ${text}`),
    '',
    '## Environment',
    '',
    ...run.images.map(
      ({ name, version, origin, id }) => `- ${name} ${version} (${origin}) \`${id}\``,
    ),
    `- host: ${run.host.cpus} CPUs, ${run.host.memoryMiB} MiB, ${run.host.kernel}, ${run.host.arch}`,
    `- commit: ${run.git.commit ?? 'unknown'}${run.git.dirty ? ', with changes' : ''}`,
    '',
  ]
  return lines.join('\n')
}

/** The worst scenario first, because many readers see only this line. */
function headline(verdicts: readonly Verdict[]): string {
  for (const word of ['failed', 'inconclusive', 'aborted'] as const) {
    const found = verdicts.filter(({ verdict }) => verdict === word)
    const first = found[0]
    if (first === undefined) continue
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
    return `**${WORDS[word]}** ${nameOf(first)}: ${cell(first.why)}${more}`
  }
  const passed = verdicts.filter(({ verdict }) => verdict === 'passed').length
  if (passed === 0) return '**SKIPPED** nothing was run'
  const names =
    passed === 1
      ? nameOf(verdicts.find(({ verdict }) => verdict === 'passed') as Verdict)
      : `${passed} scenarios`
  return `**PASS** ${names}`
}

function overview(verdicts: readonly Verdict[]): readonly string[] {
  const rows = verdicts.map((verdict) => {
    const said = verdict.objectives.map((objective) => {
      const { label, measured, limit, verdict: word } = sayObjective(objective, verdict)
      return [label, measured, limit, word].filter((part) => part !== '').join(' ')
    })
    const where = `${verdict.product} ${verdict.version}, M${verdict.multiplier}`
    return `| ${nameOf(verdict)} | ${verdict.id} | ${where} | ${WORDS[verdict.verdict]} | ${cell(said.join('; '))} |`
  })
  return ['| scenario | id | product | verdict | objectives |', '|-|-|-|-|-|', ...rows, '']
}

function scenarioLines(verdict: Verdict): readonly string[] {
  return [
    `## ${WORDS[verdict.verdict]} ${nameOf(verdict)} (${verdict.id})`,
    '',
    `${verdict.title}. *${verdict.hypothesis}* Source: ${verdict.source}.`,
    '',
    `${cell(verdict.why)}.`,
    '',
    `\`${verdict.repro}\``,
    '',
    ...objectiveTable(verdict),
    ...lossLines(verdict),
    ...phaseTable(verdict),
    ...interruptionLines(verdict),
    ...loadTables(verdict),
    ...bullets('Faults', verdict.faults.map(faultLine)),
    ...bullets('Checks', verdict.checks.map(checkLine)),
    ...custodyLines(verdict),
    ...bullets('Claims', verdict.claims.map(claimLine)),
    ...bullets(
      'Gates that did not hold',
      verdict.gates
        .filter(({ held }) => !held)
        .map(({ id, kind, reason }) => `${id} (${kind}): ${cell(reason)}`),
    ),
  ]
}

function objectiveTable(verdict: Verdict): readonly string[] {
  if (verdict.objectives.length === 0) return []
  const rows = verdict.objectives.map((objective) => {
    const { label, measured, limit, verdict: word } = sayObjective(objective, verdict)
    return `| ${label} | ${measured} | ${limit} | ${word} | ${cell(objective.because)} |`
  })
  return ['| objective | measured | limit | verdict | because |', '|-|-|-|-|-|', ...rows, '']
}

function lossLines({ lost, ghosts, duplicated, corrupt }: Verdict): readonly string[] {
  return Object.entries({
    'Lost writes': lost,
    'Refused writes that are there': ghosts,
    'Writes applied twice': duplicated,
    'Writes that are not intact': corrupt,
  }).flatMap(([title, writes]) =>
    bullets(
      title,
      writes
        .slice(0, LISTED_MAX)
        .map(({ n, path, state, nodes }) => `${n} \`${path}\`: ${state} on ${nodes.join(', ')}`),
      writes.length - LISTED_MAX,
    ),
  )
}

const LISTED_MAX = 20

function phaseTable({ phases }: Verdict): readonly string[] {
  if (phases.length === 0) return []
  const rows = phases.map(
    ({ name, startedMs, endedMs, detail }) =>
      `| ${name} | ${Math.round(endedMs - startedMs)} ms | at ${Math.round(endedMs)} ms: ${detail} |`,
  )
  return ['| phase of the recovery | took | ended |', '|-|-|-|', ...rows, '']
}

function bullets(title: string, items: readonly string[], more = 0): readonly string[] {
  if (items.length === 0) return []
  const rest = more > 0 ? [`- … and ${more} more in verdict.json`] : []
  return [`**${title}**`, '', ...items.map((item) => `- ${item}`), ...rest, '']
}

const faultLine = ({
  name,
  target,
  witness,
  residue,
  cannotShow,
}: Verdict['faults'][number]): string => {
  const left = residue.length === 0 ? '' : `; left behind: ${residue.join(', ')}`
  const not = cannotShow === undefined ? '' : ` (cannot show ${cannotShow})`
  return `${name} of ${target}: ${witness === null ? 'no witness' : `witness: ${witness}`}${left}${not}`
}

const checkLine = ({
  title,
  source,
  expected,
  observed,
  asExpected,
}: Verdict['checks'][number]): string => {
  const where = source === undefined ? '' : ` (${source})`
  if (asExpected) return `as expected: ${title}${where}`
  return `**not as expected**: ${title}${where}: expected \`${JSON.stringify(expected)}\`, observed \`${JSON.stringify(observed)}\``
}

const claimLine = (claim: Verdict['claims'][number]): string => {
  const { limit, measured = 'not measured' } = sayClaim(claim)
  return `${claim.source} "${claim.says}" (${limit}): ${sayHeld(claim.held)}, measured ${measured}`
}
