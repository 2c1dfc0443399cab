import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parsePins } from './stack/pins.ts'

/**
 * What keeps the sources in order. The tables are the rules: to change one, change it here and
 * say why. A file is named without `harness/`; tests are free to import what they need.
 */

const LAYERS = 'lib journal objectives vault aws stack cluster faults procedures probes evidence'

/** What each folder may import from others. `harness` is its top level, the composition. */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  lib: '',
  journal: 'lib',
  objectives: 'journal lib', // judging never touches a cluster: any saved run can be judged again
  vault: 'lib',
  aws: 'lib',
  stack: 'lib', // containers without Vault; the two meet in `cluster`
  cluster: 'vault stack journal lib',
  faults: 'cluster vault aws stack lib',
  procedures: 'cluster vault aws lib', // no faults: the operator does not know what broke
  probes: 'cluster vault aws stack journal lib',
  evidence: 'cluster stack objectives journal lib',
  harness: `${LAYERS} commands`,
  commands: `${LAYERS} harness`,
  scenarios: 'scenario.ts faults procedures objectives lib/duration.ts',
  bench: `${LAYERS} harness commands scenarios`,
  fixtures: 'evidence objectives vault journal lib',
}

/** Only these may import it. */
const FOR: Readonly<Record<string, RegExp>> = {
  'settings.ts': /^(run\.ts|commands\/|bench\/)/, // the environment is read once, at the start
  'cli.ts': /^$/,
}

/** Everything that a command loads when it starts is in these folders. */
const LOADS_ONLY: Readonly<Record<string, string>> = {
  'commands/record.ts': 'commands objectives evidence journal lib', // `judge` and `report`
  'commands/list.ts': `${LAYERS} harness commands`,
}
const NEVER_LOADED_BY_THEM = ['dockerode', 'testcontainers', 'undici', 'node-vault']

/** The one home of each thing from outside. */
const HOMES: Readonly<Record<string, RegExp>> = {
  'node:child_process': /^lib\/(command|child)\.ts$/,
  undici: /^lib\/http\.ts$/,
  '@peculiar/x509': /^lib\/certificates\.ts$/,
  dockerode: /^stack\//,
  testcontainers: /^stack\/docker\.ts$/,
  'toxiproxy-node-client': /^stack\/toxiproxy\.ts$/,
  'node-vault': /^vault\/setup\.ts$/,
  '@aws-sdk/client-kms': /^aws\/kms\.ts$/,
  '@aws-sdk/client-s3': /^aws\/s3\.ts$/,
  commander: /^(cli\.ts|commands\/)/,
  chalk: /^commands\/palette\.ts$/,
}
const CALLS: readonly (readonly [what: string, pattern: RegExp, home: RegExp])[] = [
  ['a clock', /\bDate\.now\b|\bnew Date\(\)|\bhrtime\b/, /^lib\/clock\.ts$/],
  ['process.env', /\bprocess\.env\b/, /^(settings|lib\/command)\.ts$/], // children inherit it
  ['fetch', /(?<![\w.])fetch\(/, /^lib\/http\.ts$/],
]

/** A file past 300 lines usually holds two nouns. These are longer, and may only shrink. */
const LONGEST = 300
const LONGER: Readonly<Record<string, number>> = {
  'cluster/cluster.ts': 375,
  'fixtures/responses/record.ts': 476,
  'objectives/made-record.ts': 302,
  'run.ts': 303,
}

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.scenario|(\.contract|\.scenarios)?\.test)?\.ts$/
const NAMED_FOR_NOTHING = /^(index|utils?|helpers?|types|common|misc)\.ts$/
/** Started, or collected by folder. */
const ENTRIES = /^(cli\.ts|scenarios\/.*\.scenario\.ts|bench\/.*|fixtures\/.*)$/

const ROOT = join(import.meta.dirname, '..')

type Import = { readonly of: string; readonly isType: boolean }
type Source = {
  readonly name: string
  readonly text: string
  readonly code: string
  readonly isTest: boolean
  readonly imports: readonly Import[]
}

const sources: readonly Source[] = ['harness', 'scenarios', 'bench', 'fixtures']
  .flatMap((folder) => filesIn(folder))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const isTest = path.endsWith('.test.ts')
    return {
      name: short(path),
      text,
      code: uncommented(text),
      isTest,
      imports: importsIn(path, text),
    }
  })
const byName = new Map(sources.map((source) => [source.name, source]))
const shipped = sources.filter(({ isTest }) => !isTest)

function filesIn(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
}

function short(path: string): string {
  return path.replace(/^harness\//, '')
}

function folderOf(name: string): string {
  return name.includes('/') ? (name.split('/')[0] as string) : 'harness'
}

/** Without comments; a `//` in an address stays. */
function uncommented(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<!:)\/\/.*$/gm, '')
}

const IMPORT =
  /^import\s+(?:(type)\s+)?(?:[\w*{][^'"]*?\sfrom\s+)?'([^']+)'|^export\s+(?:(type)\s+)?[{*][^'"]*?\sfrom\s+'([^']+)'|\bimport\('([^']+)'\)|new URL\('(\.[^']+\.ts)'/gm

function importsIn(path: string, text: string): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, type, from, exportType, exported, late, started]) => {
    const of = from ?? exported ?? late ?? (started as string)
    const isType = (type ?? exportType) !== undefined
    return { of: of.startsWith('.') ? short(join(dirname(path), of)) : of, isType }
  })
}

/** All that a file has loaded once it runs, packages included. */
function loadedBy(names: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>()
  const queue = [...names]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (loaded.has(name)) continue
    loaded.add(name)
    queue.push(...(byName.get(name)?.imports ?? []).filter((i) => !i.isType).map(({ of }) => of))
  }
  return loaded
}

const isAllowed = (of: string, allowed: string): boolean =>
  allowed.split(' ').some((one) => one === of || one === folderOf(of))

describe('imports', () => {
  test('every folder has its row', () => {
    expect(
      [...new Set(sources.map(({ name }) => folderOf(name)))].filter((f) => !(f in MAY_IMPORT)),
    ).toEqual([])
  })

  test('go only where the table allows', () => {
    const wrong = shipped.flatMap(({ name, imports }) =>
      imports
        .filter(({ of }) => byName.has(of) && folderOf(of) !== folderOf(name))
        .filter(({ of }) => !isAllowed(of, MAY_IMPORT[folderOf(name)] ?? ''))
        .map(({ of }) => `${name} imports ${of}`),
    )
    expect(wrong).toEqual([])
  })

  test.each(Object.entries(FOR))('of %s come only from %s', (of, allowed) => {
    const importers = shipped.filter(({ imports }) => imports.some((one) => one.of === of))
    expect(importers.map(({ name }) => name).filter((name) => !allowed.test(name))).toEqual([])
  })

  test.each(Object.entries(LOADS_ONLY))('of %s load nothing but %s', (command, allowed) => {
    const catalogue =
      command === 'commands/list.ts'
        ? [...byName.keys()].filter((n) => n.endsWith('.scenario.ts'))
        : []
    const loaded = [...loadedBy([command, ...catalogue])]
    expect(loaded.length).toBeGreaterThan(3)
    const own = loaded.filter((name) => byName.has(name) && !catalogue.includes(name))
    expect(own.filter((name) => !isAllowed(name, allowed))).toEqual([])
    expect(loaded.filter((name) => NEVER_LOADED_BY_THEM.includes(name))).toEqual([])
  })

  test('name files that exist', () => {
    const missing = sources.flatMap(({ name, imports }) =>
      imports
        .filter(({ of }) => of.endsWith('.ts') && !byName.has(of))
        .map(({ of }) => `${name} imports ${of}`),
    )
    expect(missing).toEqual([])
  })
})

describe('each outside thing has one home:', () => {
  test.each(Object.entries(HOMES))('%s', (of, home) => {
    const users = sources.filter(({ imports }) => imports.some((one) => one.of === of))
    expect(users.length).toBeGreaterThan(0)
    expect(users.map(({ name }) => name).filter((name) => !home.test(name))).toEqual([])
  })

  test.each(CALLS)('%s', (_what, pattern, home) => {
    const users = shipped.filter(({ code }) => pattern.test(code)).map(({ name }) => name)
    expect(users.length).toBeGreaterThan(0)
    expect(users.filter((name) => !home.test(name))).toEqual([])
  })
})

describe('a source file', () => {
  test('is named in kebab-case and for something', () => {
    const names = sources.map(({ name }) => basename(name))
    expect(names.filter((name) => !KEBAB_CASE.test(name) || NAMED_FOR_NOTHING.test(name))).toEqual(
      [],
    )
  })

  test('is not too long', () => {
    const long = shipped
      .map(({ name, text }) => [name, text.split('\n').length - 1] as const)
      .filter(([name, lines]) => lines > (LONGER[name] ?? LONGEST))
    expect(long).toEqual([])
  })

  test('leaves the list of long ones when it is no longer one', () => {
    const lines = (name: string) => (byName.get(name)?.text.split('\n').length ?? 0) - 1
    expect(Object.keys(LONGER).filter((name) => lines(name) <= LONGEST)).toEqual([])
  })

  test('is used by more than its own test', () => {
    const used = new Set(
      sources.flatMap(({ name, imports }) =>
        imports
          .map(({ of }) => of)
          .filter((of) => basename(name, '.test.ts') !== basename(of, '.ts')),
      ),
    )
    expect(
      shipped.map(({ name }) => name).filter((name) => !used.has(name) && !ENTRIES.test(name)),
    ).toEqual([])
  })

  test('names no version: that is for compose/versions.env', () => {
    const pins = readFileSync(join(ROOT, 'compose', 'versions.env'), 'utf8')
    const versions = Object.values(parsePins(pins).versions)
    const wrong = shipped
      .filter(({ name }) => !basename(name).startsWith('made-')) // an invented run has some version
      .filter(({ code }) => versions.some((version) => code.includes(version)))
    expect(versions.length).toBeGreaterThan(3)
    expect(wrong.map(({ name }) => name)).toEqual([])
  })
})

describe('the repository', () => {
  const texts = [
    ...['harness', 'scenarios', 'bench', 'fixtures', 'docs', 'compose', 'load', '.ci'].flatMap(
      filesIn,
    ),
    ...readdirSync(ROOT, { withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => e.name),
  ]
    .filter((path) => !/(tidy\.test\.ts|go\.sum|\.snap|\.jsonl)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

  test.each([
    ['a leftover marker', /\b(TODO|FIXME|XXX|HACK)\b/],
    ["a folder of somebody's machine", /(?<![\w.])\/(work|home|Users|tmp\/w)\/\w/],
  ])('has no text with %s', (_what, pattern) => {
    expect(texts.length).toBeGreaterThan(200)
    expect(texts.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('installs from whatever registry npm is set to', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
    expect(lock.match(/"resolved"|registry\./g)).toBeNull()
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toContain(
      'omit-lockfile-registry-resolved=true',
    )
  })
})
