import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCatalogue, select } from './catalogue.ts'
import { EXIT, worstExit } from './objectives/exit-code.ts'
import { filesBelow, ROOT, readText } from './source-files.ts'
import { componentNames } from './stack/component.ts'
import { loadPins } from './stack/pins.ts'
import { suitesOf, suitesOfAll } from './variant.ts'

/** The documents are held against the code: what can drift is compared, the rest is prose. */

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'fixtures'].flatMap(filesBelow).filter((path) => path.endsWith('.md')),
].map((path) => ({ path, text: readText(path) }))
const catalogue = await loadCatalogue()

const page = (path: string): string => pages.find((each) => each.path === path)?.text ?? ''
const withoutBlocks = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```/gm, '')
const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([whole, inner]) => inner ?? whole)

test('the README is short enough to be read', () => {
  expect(page('README.md').split('\n').length - 1).toBeLessThanOrEqual(150)
})

describe.each(pages.map(({ path, text }) => [path, text] as const))('%s', (path, text) => {
  test('links to what is there', () => {
    const links = all(text, /\]\((?!https?:)([^)\s]+)\)/g)
    expect(links.filter((link) => !leadsSomewhere(path, link))).toEqual([])
  })

  test('names files that are there', () => {
    const named = all(
      text,
      /`((?:harness|scenarios|bench|fixtures|compose|docs)\/[\w./-]+\.[a-z]+)`/g,
    )
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })

  test('shows only commands that exist', () => {
    const shown = all(text, /\.\/drill ([a-z][^`\n#;]*)/g)
    expect(shown.map(faultOf).filter((fault) => fault !== undefined)).toEqual([])
  })
})

test('code names only documents that are there', () => {
  const sources = ['harness', 'scenarios', 'bench'].flatMap(filesBelow)
  const named = sources.flatMap((path) => all(readText(path), /\bdocs\/[\w/-]+\.md\b/g))
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const to = file === '' ? from : normalize(join(dirname(from), file))
  if (!existsSync(join(ROOT, to))) return false
  return (
    anchor === undefined ||
    all(readText(to), /^#+ (.+)$/gm)
      .map(slug)
      .includes(anchor)
  )
}

const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-')

const VERBS = new Map(
  [
    ...readText('harness/cli.ts').matchAll(
      /^ {2}(\w+): async \(\) => \(await import\('\.\/(.+?)'\)/gm,
    ),
  ].map(([, verb = '', file = '']) => [verb, readText(`harness/${file}`)] as const),
)

test('verbs are found where the command line has them', () => {
  expect([...VERBS.keys()]).toEqual(expect.arrayContaining(['run', 'test', 'judge', 'images']))
})

/** What is wrong with a command as a document shows it: `run leader-crash --var rto=5s`. */
function faultOf(command: string): string | undefined {
  const [verb = '', ...words] = command.trim().split(/\s+/)
  const source = VERBS.get(verb.replace(/\W+$/, ''))
  if (source === undefined) return `${command}: no such verb`
  const unknown = words.find((word) => word.startsWith('--') && !source.includes(optionIn(word)))
  if (unknown !== undefined) return `${command}: no such option`
  const [first] = words
  if (verb === 'images' && !source.includes(`.command('${first}')`)) {
    return `${command}: images does no such thing`
  }
  return verb === 'run' && !areScenarios(words) ? `${command}: no such scenario` : undefined
}

const optionIn = (word: string): string => `'${word.replace(/[^\w-].*$/, '')}`

/** The words before the first option. */
function areScenarios(words: readonly string[]): boolean {
  const end = words.findIndex((word) => word.startsWith('-'))
  const names = words.slice(0, end === -1 ? words.length : end)
  return names.every((name) => {
    try {
      return select(catalogue, name.replace(/[^\w:-].*$/, '')).length > 0
    } catch {
      return false // what it throws names the nearest one; here the command is told
    }
  })
}

const BEGIN = '<!-- table: written by the test of the documents, from the catalogue -->\n'

test('the table of scenarios is the catalogue', async () => {
  const path = 'docs/scenarios.md'
  const intro = page(path).slice(0, page(path).indexOf(BEGIN) + BEGIN.length)
  const rows = catalogue.map(({ name, scenario }) => {
    const { id, hypothesis, source, variants } = scenario
    const suites = suitesOfAll(scenario)
    const ways = Object.keys(variants).map((variant) => {
      const own = suitesOf(scenario, variant)
      return `\`${variant}\`${own.join() === suites.join() ? '' : ` (${own.join(', ')})`}`
    })
    const cells = [id, `\`${name}\``, hypothesis, ways.join(', ') || '-', source, suites.join(', ')]
    return `| ${cells.join(' | ')} |`
  })
  const head = '| id | scenario | claim | ways | source | suites |\n|---|---|---|---|---|---|'
  // `vitest -u` writes it anew.
  await expect(`${intro}\n${head}\n${rows.join('\n')}\n`).toMatchFileSnapshot(`../${path}`)
})

test('the table of exit codes is what the command ends with, signals beside', () => {
  const rows = all(page('README.md'), /^\| (\d+(?:, \d+)*) \|/gm)
  const codes = rows.flatMap((row) => row.split(', ').map(Number))
  expect(codes).toEqual([...Object.values(EXIT), 130, 143])
})

test('the order of exit codes is the one in which they hide each other', () => {
  const [said = ''] = all(page('README.md'), /in the order ([\d, ]+)\./g)
  const order = said.split(', ').map(Number)
  expect(order).toHaveLength(Object.values(EXIT).length - 2) // all but success and usage
  for (const [i, code] of order.entries()) {
    expect(worstExit(order.slice(i).toReversed())).toBe(code)
  }
})

test('each setting of ours is on the page of settings, and no other', () => {
  const inCode = all(readText('harness/settings.ts'), /DRILL_[A-Z0-9_]+[A-Z0-9]\b(?!_)/g)
  const images = componentNames.map((name) => `DRILL_IMAGE_${name.toUpperCase()}`)
  const settings = new Set([...inCode, ...images])
  const onPage = new Set(all(page('docs/platforms.md'), /DRILL_[A-Z0-9_]+[A-Z0-9]\b(?!_)/g))
  expect([...onPage].toSorted()).toEqual([...settings].toSorted())
})

describe('a version is chosen in compose/versions.env', () => {
  const { versions, node } = loadPins()

  test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/platforms.md'])(
    'and not repeated in %s, but for what a terminal showed',
    (path) => {
      const text = withoutBlocks(page(path))
      expect(text).not.toBe('')
      expect([...Object.values(versions), node].filter((each) => text.includes(each))).toEqual([])
    },
  )

  // The newest section: older ones say what was, and stay.
  const newest = page('CHANGELOG.md').split(/^## /m)[1] ?? ''
  test.each([
    ['the newest section of the changelog', newest],
    ['the page of licences', page('docs/licences.md')],
  ])('and repeated truly in %s', (_where, text) => {
    const named = text.matchAll(
      /\b(OpenBao|Vault|LocalStack|Toxiproxy|HAProxy|Toolbox|Operator|k6)[ |]+(v?\d+\.\d+(?:\.\d+)?)/g,
    )
    const told = [...named].map(([, name = '', version]) => [name.toLowerCase(), version] as const)
    expect(Object.fromEntries(told)).toEqual(versions)
    expect(told).toHaveLength(componentNames.length)
  })
})

test('each deficiency of the documents has its lines and a scenario that shows it', () => {
  const rows = all(page('docs/deficiencies.md'), /^\| ((?:HLD|RB)-.+) \|$/gm)
    .map((row) => row.split(' | '))
    .filter((row) => row.length === 6) // those that were not observed have no scenario
  expect(rows.length).toBeGreaterThan(0)
  const ids = rows.map(([id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [id, lines, says, shownBy = '', measured, corrected] of rows) {
    expect(lines, id).toMatch(/^(HLD|RB):\d/)
    expect([says, measured, corrected].every(Boolean), id).toBe(true)
    const names = all(shownBy, /`([a-z-]+)`/g)
    expect(
      catalogue.some(({ name }) => names.includes(name)),
      id,
    ).toBe(true)
  }
})
