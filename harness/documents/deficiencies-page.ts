import type { Deficiency, Observation, Register } from './register.ts'

/** `docs/deficiencies.md`, from the register alone. */
export function deficienciesPage({ deficiencies }: Register): string {
  const isObserved = ({ status }: Deficiency) => status === 'observed'
  const others = deficiencies.filter((each) => !isObserved(each))
  return [
    HEAD,
    '## Observed',
    '',
    '| id | lines | says | shown by | really | corrected |',
    '|---|---|---|---|---|---|',
    ...deficiencies.filter(isObserved).map(observedRow),
    '',
    '## Not observed',
    '',
    '| id | lines | says | why it is not | corrected |',
    '|---|---|---|---|---|',
    ...others.map(
      ({ id, lines, says, status, why = '', corrected }) =>
        `| ${[id, lines, says, `*${STATUS_WORDS[status]}*: ${why}`, corrected].map(cell).join(' | ')} |`,
    ),
    '',
    '## What was typed, and what came of it',
    '',
    'The steps of the documents as they stand, typed in the operator’s shell; `RB:n` and `HLD:n` say where the text is. What differs from run to run is in angle brackets.',
    '',
    ...deficiencies.filter(({ observations }) => observations.length > 0).flatMap(section),
    FOOT,
  ].join('\n')
}

const STATUS_WORDS = {
  observed: 'observed',
  'not-reproducible-here': 'not reproducible here',
  'not-yet-covered': 'not yet covered',
} as const

function observedRow({ id, lines, says, observed, shownBy, observations, corrected }: Deficiency) {
  const typed = [...new Set(observations.map(({ scenario }) => scenario))].map(
    (name) => `\`${name.split(':')[0]}\`: \`./drill run ${name}\``,
  )
  const shown = [...(shownBy === undefined ? [] : [shownBy]), ...typed].join('; ')
  return `| ${[id, lines, says, shown, observed ?? '', corrected].map(cell).join(' | ')} |`
}

const section = ({ id, observations }: Deficiency): readonly string[] => [
  `### ${id}`,
  '',
  ...observations.flatMap(told),
]

const told = (each: Observation): readonly string[] => [
  `- **${each.lines}**, ${each.step}. Expected: ${each.expected}. ${each.product} ${each.version}, ${each.date}, \`${each.scenario}\`:`,
  '',
  '  ```text',
  ...each.observed.split(' · ').map((line) => `  ${line}`),
  '  ```',
  '',
]

/** A bar would end the cell. */
const cell = (text: string): string => text.replace(/(?<!\\)\|/g, '\\|')

const HEAD = `# Deficiencies of the documents

What runs have shown to be wrong in the two source documents: the disaster-recovery runbook (\`RB:n\`) and the high-availability design (\`HLD:n\`). A deficiency is a finding about the text; it fails no run. A number of a document is reported as a *claim*, held or not held; a step is typed as it stands, and what it came to is compared with what is on record here.

This page is written from [deficiencies.json](deficiencies.json) by the test of the register; [CONTRIBUTING.md](../CONTRIBUTING.md#the-register-of-deficiencies) says how both are renewed.
`

const FOOT = `## How to read it

\`./drill run --suite documents\` types every block again and ends with 1 where an outcome is not the one on record. Claims are in each run's \`verdict.json\` (\`claims[]\`) and report: source line, limit, measured interval, held or not; \`null\` means that the measurement could not tell. At multiplier 5 the objective of \`leader-crash\` is 30 s, so that the run passes or fails on what the configuration can do, and the document's 5 s stays a claim. HLD:870 ("RTO: 0 seconds" for a lost node) holds for a standby, which \`follower-loss\` shows; of a lost leader, which is HLD:876, \`node-replacement:leader\` reports it as a claim.
`
