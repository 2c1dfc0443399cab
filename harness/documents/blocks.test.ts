import { expect, test } from 'vitest'
import { findings, isTyped } from './block.ts'
import { blocks } from './blocks.ts'
import { inPlace, places } from './places.ts'
import { readRegister } from './register.ts'

const typed = blocks.flatMap((block) => [
  ...(block.files ?? []).map(({ text }) => text),
  ...block.steps.filter(isTyped).map(({ types }) => types),
])

test('blocks, and steps within one, have names of their own', () => {
  const ids = blocks.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { steps } of blocks) {
    const titles = steps.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
  }
})

test('no two findings have the same title', () => {
  const titles = findings(...blocks)
  expect(new Set(titles).size).toBe(titles.length)
})

test('what a step shows is in the register', () => {
  const ids = readRegister().deficiencies.map(({ id }) => id)
  const shown = blocks.flatMap(({ steps }) =>
    steps.filter(isTyped).flatMap((step) => step.shows ?? []),
  )
  expect(shown.filter((id) => !ids.includes(id))).toEqual([])
})

test.each(places.map((place) => [place.document, place] as const))(
  'the documents say %s, and something is typed in its place',
  (document, { here }) => {
    const uses = typed.filter((text) => text.includes(document))
    expect(uses).not.toEqual([])
    for (const text of uses) expect(inPlace(text)).toContain(here)
  },
)

test('no name in the table is a part of another one', () => {
  const names = places.map(({ document }) => document)
  const parts = names.filter((name) =>
    names.some((other) => other !== name && other.includes(name)),
  )
  expect(parts).toEqual([])
})
