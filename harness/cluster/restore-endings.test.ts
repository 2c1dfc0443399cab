import { describe, expect, test } from 'vitest'
import { loadCatalogue, select } from '../catalogue.ts'
import { readText } from '../source-files.ts'
import { type Product, products } from '../vault/product.ts'
import { restoreEndings } from './restore-endings.ts'

const catalogue = await loadCatalogue()

/** The facts of the scenario that lives through the cells, in its order. */
const titles = ['cells-awskms', 'cells-shamir'].flatMap((variant) =>
  select(catalogue, `wrong-seal-key:${variant}`).flatMap(({ scenario }) =>
    scenario.objectives(1, variant).flatMap((each) => (each.kind === 'checks' ? each.titles : [])),
  ),
)

describe.each(Object.keys(products) as Product[])('for %s', (product) => {
  const cells = Object.entries(restoreEndings[product])
  const uploads = cells.flatMap(([cell, { plain, force }]) => [
    [cell, plain] as const,
    [cell, force] as const,
  ])

  test('every cell that is lived through has an ending', () => {
    expect(cells).toHaveLength(titles.length)
  })

  test('an upload has an answer and an end, and a server that fails says why', () => {
    const told = /^[2-5]\d\d\b.*, (restored|as before|standby|sealed(: .+|, after a restart \w+))$/
    expect(uploads.filter(([, said]) => !told.test(said))).toEqual([])
  })

  test('what was refused changed nothing on a server by itself', () => {
    const refused = uploads.filter(([cell, said]) => cell !== 'standby' && said.startsWith('400'))
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.filter(([, said]) => !said.endsWith(', as before'))).toEqual([])
  })

  test('every step has come to something', () => {
    const steps = cells.flatMap(([cell, ending]) =>
      Object.entries(ending).map(([step, said]) => ({ cell, step, said })),
    )
    expect(steps.filter(({ said }) => said.trim() !== said || /[:,]$|^\d+ ?$/.test(said))).toEqual(
      [],
    )
  })
})

const BEGIN = '<!-- table: written by the test of the endings, from what was measured -->\n'

test('the page of seals has them all', async () => {
  const path = 'docs/seals.md'
  const page = readText(path)
  const intro = page.slice(0, page.indexOf(BEGIN) + BEGIN.length)
  const { openbao, vault } = restoreEndings
  const other = new Map(Object.entries(vault))
  const rows = Object.entries(openbao).flatMap(([cell, ending], i) =>
    Object.entries(ending).map(([step, said], j) => {
      const there = new Map(Object.entries(other.get(cell) ?? {})).get(step) ?? ''
      const words = step.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
      return `| ${j === 0 ? titles[i] : ''} | ${words} | ${said} | ${there === said ? 'the same' : there} |`
    }),
  )
  const head =
    '| server and snapshot | step | OpenBao 2.6.2 | HashiCorp Vault 1.21.0 |\n|---|---|---|---|'
  // `vitest -u` writes it anew.
  await expect(`${intro}\n${head}\n${rows.join('\n')}\n`).toMatchFileSnapshot(`../../${path}`)
})
