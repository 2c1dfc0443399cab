import { describe, expect, test } from 'vitest'
import { readText } from '../source-files.ts'
import { FAULTS } from './catalogue.ts'
import { faultTable } from './table.ts'

const PARTS = ['plan', 'inject', 'witness', 'heal', 'residue'] as const
const BEGIN = '<!-- table: written by the test of the catalogue, from the kinds -->\n'

describe.each(FAULTS.map((kind) => [kind.name, kind] as const))('the fault %s', (name, kind) => {
  test('has all its parts', () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(PARTS.filter((part) => typeof kind[part] !== 'function')).toEqual([])
    for (const told of [kind.does, kind.witnessed, kind.cannotShow]) {
      expect(told.length).toBeGreaterThan(10)
      expect(told).not.toMatch(/\.$|^[A-Z][a-z]/) // a phrase in a table, no sentence
    }
  })

  test('says where the documents ask for it, or that they do not', () => {
    expect(kind.source).toMatch(/^(-|((RB|HLD|hv|ob)[:#]\d[\d, -]*(; )?)+)$/)
  })

  test('takes parameters with defaults, whose unit is in their name', () => {
    for (const [parameter, { default: value, says }] of Object.entries(kind.parameters)) {
      expect(says.length).toBeGreaterThan(5)
      if (typeof value === 'number') {
        expect(parameter).toMatch(
          /(Ms|PerSecond|KBps|Bytes|MiB|Percent|Kbit|Count|Times|Status|Days|Page)$/,
        )
        expect(value).toBeGreaterThanOrEqual(0)
      }
    }
  })
})

test('no two faults have one name', () => {
  const names = FAULTS.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

test('the page of faults has the table of the kinds', async () => {
  const page = readText('docs/faults.md')
  const intro = page.slice(0, page.indexOf(BEGIN) + BEGIN.length)
  // `vitest -u` writes it anew.
  await expect(`${intro}\n${faultTable(FAULTS)}`).toMatchFileSnapshot('../../docs/faults.md')
})
