import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadCatalogue, nearest, select, selectAll, suite, UnknownScenario } from './catalogue.ts'
import { isKnownFact } from './objectives/sometimes.ts'
import { expectedBy, loadOf, observedBy, suitesOf } from './variant.ts'

const catalogue = await loadCatalogue()

const titlesOf = (wanted: string) =>
  select(catalogue, wanted).map(({ name, variant }) =>
    variant === undefined ? name : `${name}:${variant}`,
  )

describe('what is selected by', () => {
  test.each([
    ['a name', 'leader-crash', ['leader-crash']],
    ['a code', 'HA2', ['leader-crash']],
    ['a code in small letters', 'ha2', ['leader-crash']],
    [
      'a name with variants',
      'leader-handover',
      ['leader-handover:step-down', 'leader-handover:sigterm'],
    ],
    ['one of its variants', 'leader-handover:sigterm', ['leader-handover:sigterm']],
    ['a code with a variant', 'HA3:step-down', ['leader-handover:step-down']],
  ])('%s, "%s", is %j', (_how, wanted, found) => {
    expect(titlesOf(wanted)).toEqual(found)
  })
})

describe('an unknown', () => {
  test.each([
    ['scenario', 'leader-crush', 'there is no scenario "leader-crush"; did you mean leader-crash?'],
    ['name of nothing', '', 'there is no scenario ""'],
    [
      'variant',
      'leader-handover:sigtrem',
      'there is no variant of leader-handover "sigtrem"; did you mean sigterm?',
    ],
    [
      'variant where there are none',
      'leader-crash:twice',
      'there is no variant of leader-crash "twice"',
    ],
  ])('%s ("%s") is refused with the nearest one', (_what, wanted, message) => {
    expect(() => select(catalogue, wanted)).toThrow(UnknownScenario)
    expect(() => select(catalogue, wanted)).toThrow(message)
  })

  test('suite is refused with those that there are', () => {
    expect(() => suite(catalogue, 'smok')).toThrow(
      'there is no suite "smok"; did you mean documents or drill or nightly or smoke or soak?',
    )
  })
})

test('what is named twice, by name and by code, is selected once', () => {
  const selected = selectAll(catalogue, ['HA3:sigterm', 'leader-crash', 'leader-handover', 'HA2'])
  expect(selected.map(({ name, variant }) => `${name}:${variant ?? ''}`)).toEqual([
    'leader-handover:sigterm',
    'leader-crash:',
    'leader-handover:step-down',
  ])
})

test('what is named twice is selected once', () => {
  const chosen = selectAll(catalogue, ['smoke-calls', 'PR3', 'HA3', 'HA3:sigterm'])
  expect(chosen.map(({ name, variant }) => `${name}:${variant ?? ''}`)).toEqual([
    'smoke-calls:',
    'leader-handover:step-down',
    'leader-handover:sigterm',
  ])
})

test('a suite has each variant of its scenarios', () => {
  const nightly = suite(catalogue, 'nightly').map(({ name, variant }) => `${name}:${variant}`)
  expect(nightly).toContain('leader-handover:sigterm')
  expect(nightly).toContain('leader-handover:step-down')
  const smoke = suite(catalogue, 'smoke')
  expect(
    smoke.every(({ scenario, variant }) => suitesOf(scenario, variant).includes('smoke')),
  ).toBe(true)
  expect(new Set(smoke.map(({ suite }) => suite))).toEqual(new Set(['smoke']))
})

test('the nightly suite has all that the smoke suite has', () => {
  const ways = (name: string) =>
    suite(catalogue, name).map((each) => `${each.name}:${each.variant}`)
  expect(ways('nightly')).toEqual(expect.arrayContaining(ways('smoke')))
})

test('nothing is nearest where there is nothing', () => {
  expect(nearest('a', [])).toBeUndefined()
})

test.each([
  ['two values', 'export const a = {}\nexport const b = {}\n', 2],
  ['nothing', 'export {}\n', 0],
])('a file that exports %s is refused by its name', async (_what, source, values) => {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'odd.scenario.ts'), source)
  await expect(loadCatalogue(folder)).rejects.toThrow(
    `odd.scenario.ts exports ${values} values, not one`,
  )
})

test('codes belong to one scenario each and are in order', () => {
  const codes = catalogue.map(({ scenario }) => scenario.id)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes).toEqual(codes.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })))
})

describe.each(catalogue.map(({ name, scenario }) => [name, scenario] as const))(
  'the scenario %s',
  (_name, scenario) => {
    test('says what it is, where it comes from and when it runs', () => {
      expect(scenario.id).toMatch(/^[A-Z]{2}\d+$/)
      expect(scenario.source).toMatch(/(RB|HLD):\d+/)
      expect(scenario.title).not.toBe('')
      expect(scenario.hypothesis).toMatch(/\.$/)
      for (const variant of [undefined, ...Object.keys(scenario.variants)]) {
        expect(suitesOf(scenario, variant)).not.toEqual([])
      }
      expect(scenario.deadline.ms).toBeGreaterThan(0)
    })

    test('has a body, or variants with one each', () => {
      const bodies = [...Object.values(scenario.variants), scenario.body]
      expect(bodies.filter((body) => body !== undefined)).not.toEqual([])
      expect(scenario.body === undefined).toBe(Object.keys(scenario.variants).length > 0)
    })

    test('demands only facts that can be observed', () => {
      for (const variant of [undefined, ...Object.keys(scenario.variants)]) {
        expect(observedBy(scenario, variant).filter((id) => !isKnownFact(id))).toEqual([])
      }
    })

    const runs = [undefined, ...Object.keys(scenario.variants)]
    test.each([1, 5] as const)('promises something at multiplier %s, under ids of its own', (m) => {
      for (const variant of runs) {
        const objectives = scenario.objectives(m, variant)
        expect(objectives).not.toEqual([])
        const ids = objectives.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        const titles = objectives.flatMap((each) => (each.kind === 'checks' ? each.titles : []))
        expect(new Set(titles).size).toBe(titles.length)
        if (variant === undefined && runs.length > 1) continue // it is no run
        const measured = objectives.some(({ kind }) => kind !== 'checks' && kind !== 'slo')
        expect(measured && loadOf(scenario, variant) === 'none').toBe(false) // nothing would measure it
        const ofLoad = objectives.some(({ kind }) => kind === 'slo')
        expect(ofLoad && scenario.traffic === undefined).toBe(false) // nor nobody loads
      }
    })

    test.each([1, 5] as const)('expects to miss only what it promises at multiplier %s', (m) => {
      for (const variant of [undefined, ...Object.keys(scenario.variants)]) {
        const ids = scenario.objectives(m, variant).map(({ id }) => id)
        const expected = expectedBy(scenario, variant, m)
        expect(expected.filter(({ missed }) => !ids.includes(missed))).toEqual([])
      }
    })
  },
)
