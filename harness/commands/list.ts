import { Argument, Command } from 'commander'
import { loadCatalogue } from '../catalogue.ts'
import type { FaultKind } from '../faults/fault.ts'
import { suitesOfAll } from '../variant.ts'

/** A kind of fault, and whether it can be done here. */
export type FaultRow = Pick<
  FaultKind,
  | 'name'
  | 'family'
  | 'targets'
  | 'parameters'
  | 'final'
  | 'source'
  | 'does'
  | 'witnessed'
  | 'cannotShow'
> & {
  /** `null`: nobody can tell. */
  readonly available: boolean | null
  /** Unless it is available. */
  readonly reason?: string
}

/** `list`: what there is, and where each comes from. */
export function listCommand(listFaults: () => Promise<readonly FaultRow[]>): Command {
  return new Command('list')
    .description('scenarios or faults, with the lines of the documents they come from')
    .addArgument(
      new Argument('[what]', 'what to list').choices(['scenarios', 'faults']).default('scenarios'),
    )
    .option('--json', 'one JSON document', false)
    .action(async (what: string, { json }: { json: boolean }) => {
      if (what === 'faults') show(await listFaults(), json, faultLines)
      else show(await scenarioRows(), json, scenarioLines)
    })
}

function show<Row>(rows: Row, json: boolean, lines: (rows: Row) => readonly string[]): void {
  for (const line of json ? [JSON.stringify(rows, null, 2)] : lines(rows)) print(line)
}

const scenarioRows = async () =>
  (await loadCatalogue()).map(({ name, scenario }) => ({
    id: scenario.id,
    name,
    variants: Object.keys(scenario.variants),
    source: scenario.source,
    suites: suitesOfAll(scenario),
    title: scenario.title,
  }))

const scenarioLines = (rows: Awaited<ReturnType<typeof scenarioRows>>): readonly string[] =>
  rows.map(({ id, name, variants, source, suites, title }) => {
    const ways = variants.length === 0 ? '' : `  (${variants.join(', ')})`
    return `${id.padEnd(4)} ${name.padEnd(17)} ${suites.join(',').padEnd(14)} ${source.padEnd(22)} ${title}${ways}`
  })

function faultLines(rows: readonly FaultRow[]): readonly string[] {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const unknown = rows.find(({ available }) => available === null)
  const lines = rows.flatMap((row, i) => {
    const { name, family, targets, parameters, final, source, does, available, reason } = row
    const takes = Object.entries(parameters).map(
      ([parameter, { default: value, says }]) => `${parameter}=${value} (${says})`,
    )
    const here = available ? 'available' : available === null ? 'unknown' : `not here: ${reason}`
    return [
      ...(rows[i - 1]?.family === family ? [] : [`${i === 0 ? '' : '\n'}${family}`]),
      `  ${name.padEnd(width)}  ${does}${final ? ' [final]' : ''}`,
      `  ${''.padEnd(width)}  target ${targets.join(' | ')}; source ${source}; ${here}`,
      ...takes.map((each) => `  ${''.padEnd(width)}  --set ${each}`),
    ]
  })
  return unknown === undefined ? lines : [...lines, `\nunknown: ${unknown.reason}`]
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
