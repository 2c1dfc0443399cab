import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../catalogue.ts'
import { procedureSteps } from '../procedure-steps.ts'
import { type Block, type BlockStep, type DocumentName, isTyped, sourceOf } from './block.ts'
import { blocks } from './blocks.ts'
import { type Coverer, coverageRows, linesOf, type Part, parts, rangesIn } from './coverage.ts'
import { headings, lengths } from './headings.ts'

const documents: readonly DocumentName[] = ['RB', 'HLD']
const partsOf = (document: DocumentName) => parts.filter((part) => part.document === document)
const loaded = await loadCatalogue()
const catalogue = loaded.map(({ name }) => name)
const ways = new Map(loaded.map(({ name, scenario }) => [name, Object.keys(scenario.variants)]))
const procedures = readdirSync(join(import.meta.dirname, '..', 'procedures')).map((file) =>
  file.replace(/\.ts$/, ''),
)
const namesIn = (by: Coverer, what: 'procedures' | 'blocks' | 'scenarios') =>
  'scenarios' in by ? (by[what] ?? []) : []
const named = (what: 'procedures' | 'blocks' | 'scenarios') => [
  ...new Set(parts.flatMap(({ by }) => namesIn(by, what))),
]

describe.each(documents)('every line of %s', (document) => {
  test('is in exactly one part, in its order', () => {
    let next = 1
    for (const part of partsOf(document)) {
      expect(`${linesOf(part)} begins at ${part.lines[0]}`).toBe(
        `${linesOf(part)} begins at ${next}`,
      )
      expect(part.lines[1]).toBeGreaterThanOrEqual(part.lines[0])
      next = part.lines[1] + 1
    }
    expect(next - 1).toBe(lengths[document])
  })
})

describe.each(documents)('the headings of %s', (document) => {
  // A part that reached over the heading of a procedure would hide its steps.
  const isOfSteps = ([, title]: readonly [number, string]) =>
    document === 'RB' ? /^\d\.\d /.test(title) : /^\d\. |Tests$|Setup$|Scenarios$/.test(title)

  test.each(headings[document].filter(isOfSteps))('line %i, "%s", begins a part', (line) => {
    // Some parts take the heading above, which holds nothing, along.
    const before = headings[document].filter(([at]) => at < line).at(-1)?.[0]
    const held = partsOf(document).find(({ lines: [from, to] }) => from <= line && line <= to)
    expect([line, before]).toContain(held?.lines[0])
  })
})

test('what is named by a part is there', () => {
  expect(named('scenarios').filter((name) => !catalogue.includes(name))).toEqual([])
  expect(named('procedures').filter((name) => !procedures.includes(name))).toEqual([])
  const ids = blocks.map(({ id }) => id)
  expect(named('blocks').filter((id) => !ids.includes(id))).toEqual([])
})

test('each block that is typed stands for some part', () => {
  expect(
    blocks.map(({ id }) => id).filter((id) => !named('blocks').includes(id) && !isAside(id)),
  ).toEqual([])
})

/** Typed beside another block of the same lines. */
const isAside = (id: string) =>
  [
    'rb-6.3-the-accident',
    'rb-3.1-backup-without-kms',
    'rb-4.1-before-the-loss',
    'hld-1-one-listener',
  ].includes(id)

/** Region failover, monitoring, Kubernetes, PostgreSQL and Redis: nothing of ours does them. */
const OUT_OF_REACH = {
  RB: ['429-489', '556-567', '587-624', '650-674'],
  HLD: ['79-114', '641-665', '761-765', '778-792', '806-840', '1099-1106', '1113-1125', '1135'],
}

test.each(documents)('what is out of reach of %s, and nothing else, is not yet covered', (of) => {
  const linesWithin = (ranges: readonly string[]) =>
    rangesIn(ranges.map((range) => `${of}:${range}`).join('; ')).flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    )
  const notYet = partsOf(of).filter(({ by }) => 'notYet' in by)
  expect(linesWithin(notYet.map(({ lines: [from, to] }) => `${from}-${to}`))).toEqual(
    linesWithin(OUT_OF_REACH[of]),
  )
})

test('a part that names a block has a step of it that is typed, or says what is not', () => {
  const silent = parts.filter((part) => {
    if (!('scenarios' in part.by) || part.by.untyped !== undefined) return false
    const named = blocks.filter(({ id }) => namesIn(part.by, 'blocks').includes(id))
    return named.length > 0 && !named.some((block) => block.steps.some(isTypedIn(part, block)))
  })
  expect(silent.map(linesOf)).toEqual([])
})

const isTypedIn =
  ({ document, lines: [first, last] }: Part, block: Block) =>
  (step: BlockStep) =>
    isTyped(step) &&
    rangesIn(sourceOf(block, step)).some(
      ({ document: of, from, to }) => of === document && from <= last && to >= first,
    )

/** Each way of these scenarios as judged so. */
const judged = (names: readonly string[], verdict = 'passed', product = 'openbao') =>
  names.flatMap((scenario) => {
    const run = { scenario, verdict, product, run: 'a-run' }
    const variants = ways.get(scenario) ?? []
    return variants.length === 0 ? [run] : variants.map((variant) => ({ ...run, variant }))
  })

describe('a row', () => {
  const all = judged(named('scenarios'))
  const stateOf = (runs: typeof all, lines: string) =>
    coverageRows(runs, ways).find((row) => row.lines === lines)?.state
  const but = (scenario: string, variant?: string) =>
    all.filter((run) => {
      const way = 'variant' in run ? run.variant : undefined
      return run.scenario !== scenario || way !== variant
    })

  test('is covered when each way of each of its scenarios was judged', () => {
    const rows = coverageRows(all, ways)
    expect(rows.filter(({ state }) => state === 'never')).toEqual([])
    expect(rows.filter(({ state }) => state === 'covered').length).toBeGreaterThan(50)
  })

  test('says "never" when one of them was not', () => {
    expect(stateOf(but('triage'), 'RB:334-353')).toBe('never')
    expect(stateOf(but('triage'), 'RB:409-424')).toBe('covered')
  })

  test('says "never" when one way of one of them was not, and names that', () => {
    const rows = coverageRows(but('surgical-pitr', 'tenant'), ways)
    const seen = rows.filter(({ scenarios }) =>
      scenarios.some(({ name }) => name === 'surgical-pitr'),
    )
    expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(['never']))
    const [pitr] = seen.flatMap(({ scenarios }) =>
      scenarios.filter(({ name }) => name === 'surgical-pitr'),
    )
    expect(pitr?.never).toEqual(['tenant'])
  })

  test.each(['openbao', 'vault'])('shows the worst of all ways, with %s too', (product) => {
    const failed = judged(['surgical-pitr'], 'failed', product).slice(-1)
    const [shown] = coverageRows([...all, ...failed], ways).flatMap(({ scenarios }) =>
      scenarios.filter(({ name }) => name === 'surgical-pitr'),
    )
    expect(shown?.last).toMatchObject({ verdict: 'failed', product })
    expect(shown?.never).toEqual([])
  })

  test('takes no verdict of a way that is not in the catalogue', () => {
    const gone = { scenario: 'triage', variant: 'gone', product: 'openbao', run: 'a-run' }
    const runs = [...but('triage'), { ...gone, verdict: 'passed' }]
    expect(stateOf(runs, 'RB:334-353')).toBe('never')
  })
})

test('a step of a procedure stands in the row of its lines', async () => {
  const steps = await procedureSteps()
  const rows = coverageRows([], ways, steps)
  const sourced = steps.filter(({ source }) => source !== undefined && rangesIn(source).length > 0)
  expect(sourced.length).toBeGreaterThan(10)
  for (const { procedure, title } of sourced) {
    const isIt = (step: { procedure: string; title: string }) =>
      step.procedure === procedure && step.title === title
    expect(rows.some((row) => row.steps.some(isIt))).toBe(true)
  }
})

test.each([
  ['RB:227', [['RB', 227, 227]]],
  [
    'RB:231-252, 258',
    [
      ['RB', 231, 252],
      ['RB', 258, 258],
    ],
  ],
  [
    'HLD:876; RB:30',
    [
      ['HLD', 876, 876],
      ['RB', 30, 30],
    ],
  ],
  ['nothing', []],
])('the lines of "%s" are read', (source, lines) => {
  expect(rangesIn(source).map(({ document, from, to }) => [document, from, to])).toEqual(lines)
})
