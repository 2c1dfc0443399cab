import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, folderOf, loadedBy, ROOT, readText, sourceFiles } from './source-files.ts'
import { parsePins } from './stack/pins.ts'

/**
 * What keeps the sources in order. The tables are the rules: to change one, change it here and
 * say why. Files are named without `harness/`; tests are free to import what they need.
 */

const LAYERS =
  'lib journal consistency objectives vault aws stack cluster faults procedures documents probes evidence'

const APPLICATION = 'fixtures/cached-client/application.ts fixtures/cached-client/message.ts'

/** What each folder may import from others. `harness` is its top level, the composition. */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  lib: '',
  journal: 'lib',
  consistency: 'journal lib',
  objectives: 'consistency journal lib', // judging never touches a cluster: any saved run can be judged again
  vault: 'lib',
  aws: 'lib',
  stack: 'lib', // containers without Vault; the two meet in `cluster`
  // The example application that runs at a cluster; its process is told apart from ours.
  cluster: `vault aws stack journal lib ${APPLICATION}`,
  faults: 'cluster vault aws stack lib',
  procedures: 'cluster vault aws lib', // no faults: the operator does not know what broke
  documents: 'cluster journal lib', // what the documents say, typed at a shell of the cluster's
  probes: 'cluster vault aws stack journal lib',
  evidence: 'cluster stack objectives documents journal lib',
  harness: `${LAYERS} commands`,
  commands: `${LAYERS} harness bench selftest`,
  scenarios: 'scenario.ts faults procedures documents objectives probes/traffic.ts lib/duration.ts',
  load: '', // another runtime, and another licence: it meets the harness in files only
  selftest: `${LAYERS} harness`, // it sabotages all of them
  bench: `${LAYERS} harness commands scenarios`,
  fixtures: 'evidence objectives vault journal lib',
}

/** Only these may import it. */
const FOR: Readonly<Record<string, RegExp>> = {
  'settings.ts': /^(run\.ts|throw-away\.ts|commands\/|bench\/)/, // the environment is read once, at the start
  'cli.ts': /^$/,
}

/** The folders of everything that a command loads, whatever imports what on the way. */
const LOADS_ONLY: Readonly<Record<string, string>> = {
  'commands/record.ts': 'commands objectives consistency evidence documents journal lib', // `judge` and `report`
  'commands/coverage.ts': `${LAYERS} harness commands scenarios fixtures`,
  'commands/snapshot.ts': 'commands objectives vault lib',
  'commands/list.ts': `${LAYERS} harness commands scenarios fixtures`,
}
const DOCKER = ['dockerode', 'testcontainers']

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
  '@aws-sdk/client-s3': /^aws\/(s3|object-files)\.ts$/,
  'lru-cache': /^fixtures\/cached-client\//,
  '@aws-sdk/client-secrets-manager': /^aws\/secrets-manager\.ts$/,
  openpgp: /^lib\/pgp\.ts$/,
  commander: /^(cli\.ts|commands\/)/,
  chalk: /^commands\/palette\.ts$/,
}
const CALLS: readonly (readonly [what: string, pattern: RegExp, home: RegExp])[] = [
  ['a clock', /\bDate\.now\b|\bnew Date\(\)|\bhrtime\b/, /^(lib\/clock|load\/calls)\.ts$/],
  ['process.env', /\bprocess\.env\b/, /^(settings|lib\/command)\.ts$/], // children inherit it
  ['fetch', /(?<![.\w])fetch\(/, /^lib\/http\.ts$/],
]

/** A file past 300 lines usually holds two nouns. These are longer, and may only shrink. */
const LONGEST = 300
const LONGER: Readonly<Record<string, number>> = {
  'fixtures/responses/record.ts': 473,
}

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.scenario|(\.contract|\.scenarios)?\.test)?\.ts$/
const NAMED_FOR_NOTHING = /^(index|utils?|helpers?|types|common|misc)\.ts$/
/** Started by hand, or collected by their folder. */
const ENTRIES =
  /^(cli\.ts|scenarios\/.*\.scenario\.ts|load\/(steady|closed|arrival|burst|growth|tenants)\.ts|bench\/.*|fixtures\/.*)$/

const sources = sourceFiles(['harness', 'scenarios', 'load', 'bench', 'fixtures'])
const shipped = sources.filter(({ isTest }) => !isTest)
const existing = new Map(sources.map((source) => [source.name, source]))
const namesOf = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name)
const isIn = (list: string, name: string) =>
  list.split(' ').some((allowed) => allowed === name || allowed === folderOf(name))
const edges = (files: typeof sources) =>
  files.flatMap(({ name, folder, imports }) => imports.map(({ of }) => ({ name, folder, of })))

describe('imports', () => {
  test('are ruled by a row for every folder', () => {
    const folders = new Set(sources.map(({ folder }) => folder))
    expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([])
  })

  test('name files that exist', () => {
    const files = edges(sources).filter(({ of }) => of.endsWith('.ts'))
    expect(files.filter(({ of }) => !existing.has(of))).toEqual([])
  })

  test('go only where the table allows', () => {
    const across = edges(shipped).filter(
      ({ folder, of }) => existing.has(of) && folderOf(of) !== folder,
    )
    expect(across.length).toBeGreaterThan(100)
    expect(across.filter(({ folder, of }) => !isIn(MAY_IMPORT[folder] ?? '', of))).toEqual([])
  })

  test.each(Object.entries(FOR))('of %s stand only in %s', (file, importers) => {
    const found = edges(shipped).filter(({ of }) => of === file)
    expect(found.filter(({ name }) => !importers.test(name))).toEqual([])
  })

  test.each(Object.entries(LOADS_ONLY))('of %s end in nothing but %s', (command, folders) => {
    // The catalogue imports the scenarios by their folder.
    const found = namesOf(sources.filter(({ name }) => name.endsWith('.scenario.ts')))
    const loaded = [...loadedBy([command, ...(isIn(folders, 'scenarios/') ? found : [])], sources)]
    expect(loaded).toContain('commander')
    expect(loaded.filter((name) => existing.has(name) && !isIn(folders, name))).toEqual([])
    expect(loaded.filter((name) => DOCKER.includes(name))).toEqual([])
  })
})

describe('there is one home for', () => {
  test.each(Object.entries(HOMES))('%s', (outside, home) => {
    const users = edges(sources).filter(({ of }) => of === outside)
    expect(users).not.toEqual([])
    expect(users.filter(({ name }) => !home.test(name))).toEqual([])
  })

  test.each(CALLS)('%s', (_what, pattern, home) => {
    const users = namesOf(shipped.filter(({ code }) => pattern.test(code)))
    expect(users).not.toEqual([])
    expect(users.filter((name) => !home.test(name))).toEqual([])
  })
})

describe('a source file', () => {
  test('is named in kebab-case, and for something', () => {
    const names = namesOf(sources).map((name) => basename(name))
    expect(names.filter((name) => !KEBAB_CASE.test(name))).toEqual([])
    expect(names.filter((name) => NAMED_FOR_NOTHING.test(name))).toEqual([])
  })

  test('is not too long', () => {
    const long = shipped.filter(({ name, lines }) => lines > (LONGER[name] ?? LONGEST))
    expect(long.map(({ name, lines }) => `${name}: ${lines} lines`)).toEqual([])
  })

  test('leaves the list of the long ones when it is none any more', () => {
    const lines = (name: string) => existing.get(name)?.lines ?? 0
    expect(Object.keys(LONGER).filter((name) => lines(name) <= LONGEST)).toEqual([])
  })

  test('is used by more than its own test', () => {
    const own = (test: string) => basename(test).replace(/(\.contract)?\.test\.ts$/, '.ts')
    const used = edges(sources).filter(({ name, of }) => own(name) !== basename(of))
    const files = new Set(used.map(({ of }) => of))
    const idle = shipped.filter(({ name }) => !files.has(name) && !ENTRIES.test(name))
    expect(namesOf(idle)).toEqual([])
  })

  test('names no version of a component: that is for compose/versions.env', () => {
    const versions = Object.values(parsePins(readText('compose/versions.env')).versions)
    expect(versions.length).toBeGreaterThan(3)
    const isInvented = /^fixtures\/|\/made-/ // a made-up run has some version
    const naming = shipped.filter(({ code }) => versions.some((version) => code.includes(version)))
    expect(namesOf(naming).filter((name) => !isInvented.test(name))).toEqual([])
  })
})

describe('the repository', () => {
  const folders = ['harness', 'scenarios', 'bench', 'fixtures', 'docs', 'compose', 'load', '.ci']
  // Where git keeps a checkout's history elsewhere, `.git` is a file that says where.
  const own = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== '.git',
  )
  const texts = [...folders.flatMap(filesBelow), ...namesOf(own)]
    .filter((path) => !/(tidy\.test\.ts|go\.sum|\.snap|\.jsonl)$/.test(path))
    .map((path) => ({ path, text: readText(path) }))

  test.each([
    ['leftover marker', /\b(TODO|FIXME|XXX|HACK)\b/],
    ["folder of somebody's machine", /(?<![\w.])\/(work|home|Users|tmp\/w)\/\w/],
  ])('has no %s', (_what, pattern) => {
    expect(texts.length).toBeGreaterThan(200)
    expect(texts.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('installs from whatever registry npm is set to', () => {
    expect(readText('package-lock.json')).not.toMatch(/"resolved"|registry\./)
    expect(readText('.npmrc')).toContain('omit-lockfile-registry-resolved=true')
  })
})
