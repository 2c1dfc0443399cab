import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../catalogue.ts'
import { products } from '../vault/product.ts'
import { findingsIn, findingTitle } from './block.ts'
import { blocks } from './blocks.ts'
import { deficienciesPage } from './deficiencies-page.ts'
import { committedObservation, readRegister } from './register.ts'
import { observationsIn, renewed } from './renew.ts'

const register = readRegister()
const { deficiencies } = register
const numbered = (document: string, last: number) =>
  Array.from({ length: last }, (_, i) => `${document}-${String(i + 1).padStart(2, '0')}`)

test('the register has every known defect of the documents', () => {
  const known = [...numbered('RB', 23), ...numbered('HLD', 13), 'HLD-08a', 'HLD-08b', 'HLD-08c']
  const ids = deficiencies.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(known.filter((id) => !ids.includes(id))).toEqual([])
})

test.each(deficiencies.map((each) => [each.id, each] as const))(
  '%s says what was observed and how, or why nothing was',
  (id, { document, lines, status, observed, shownBy, observations, why, corrected }) => {
    expect(id).toMatch(new RegExp(`^${document}-`))
    expect(lines).toMatch(/^(RB|HLD):\d/)
    expect(corrected).not.toBe('')
    if (status === 'observed') {
      expect(observed).toBeTruthy()
      expect(shownBy !== undefined || observations.length > 0).toBe(true)
    } else {
      expect(why).toBeTruthy()
      expect(observations).toEqual([])
    }
  },
)

test('observations are of steps and scenarios that are there', async () => {
  const catalogue = (await loadCatalogue()).map(({ name }) => name)
  const places = blocks.flatMap((block) =>
    findingsIn(block).map((step) => `${block.id} ${step.title}`),
  )
  const all = deficiencies.flatMap(({ observations }) => observations)
  expect(all.length).toBeGreaterThan(0)
  expect(all.filter(({ block, step }) => !places.includes(`${block} ${step}`))).toEqual([])
  expect(all.filter(({ scenario }) => !catalogue.includes(scenario.split(':')[0] ?? ''))).toEqual(
    [],
  )
})

describe.each(Object.keys(products))('on %s', (product) => {
  test.each(
    blocks.flatMap((block) =>
      findingsIn(block).map((step) => [findingTitle(block, step), block.id, step.title] as const),
    ),
  )('the outcome of "%s" is on record', (_title, block, step) => {
    expect(committedObservation({ block, step, product })).toMatch(/^exit \d/)
  })
})

test('no token and no key share is in it', () => {
  expect(JSON.stringify(register)).not.toMatch(
    /\b(?:hv[sbr]|[sbr])\.[\w-]{20,}|Key \d: (?!\[secret)/,
  )
})

test('the page is the register', async () => {
  // `vitest -u` writes it anew.
  await expect(deficienciesPage(register)).toMatchFileSnapshot('../../docs/deficiencies.md')
})

test('a run puts what it saw in the place of what was on record', () => {
  const [first] = deficiencies.flatMap(({ observations }) => observations)
  if (first === undefined) throw new Error('nothing is on record')
  const block = blocks.find(({ id }) => id === first.block)
  const step = block && findingsIn(block).find(({ title }) => title === first.step)
  if (block === undefined || step === undefined) throw new Error(`${first.step} is not typed`)
  const frozen = { scenario: first.scenario, product: first.product, version: '9' }
  const seen = observationsIn(
    [
      { kind: 'frozen', data: frozen },
      {
        kind: 'step.ended',
        data: {
          procedure: block.id,
          title: step.title,
          outcome: 'failed',
          observed: 'exit 7: new',
        },
      },
      {
        kind: 'check',
        data: {
          title: findingTitle(block, step),
          expected: {},
          observed: { asDocumented: false, observed: 'exit 7: new' },
        },
      },
    ] as never,
    '2030-01-01',
  )
  expect(seen).toHaveLength(1)
  const earlier = seen.map((each) => ({ ...each, observed: 'exit 8: of another way' }))
  const again = renewed(register, [...earlier, ...seen]).deficiencies.flatMap(
    ({ observations }) => observations,
  )
  const of = again.filter((each) => each.block === first.block && each.step === first.step)
  expect(of.filter(({ product }) => product === first.product)).toHaveLength(1)
  expect(of.find(({ product }) => product === first.product)).toMatchObject({
    observed: 'exit 7: new',
    excerpt: 'exit 7: new',
    date: '2030-01-01',
  })
  const isOther = (each: { block: string; step: string }) =>
    each.block !== first.block || each.step !== first.step
  const others = deficiencies.flatMap(({ observations }) => observations).filter(isOther)
  expect(again.filter(isOther)).toEqual(others)
})
