import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { composeFolder, loadPins, type Pins } from './pins.ts'
import { isAssembledTag, recipeOf, tagOf } from './recipe.ts'

const pins = loadPins()
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  cpSync(composeFolder, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const withVersion = (name: 'vault' | 'haproxy', version: string): Pins => ({
  ...pins,
  versions: { ...pins.versions, [name]: version },
})

test('a recipe is the same in another folder with the same files', () => {
  expect(recipeOf('vault', pins, folder)).toBe(recipeOf('vault', pins))
  expect(recipeOf('vault', pins)).toMatch(/^[0-9a-f]{12}$/)
})

test('a recipe changes with its version and with each of its files', () => {
  const before = recipeOf('vault', pins, folder)
  expect(recipeOf('vault', withVersion('vault', '9.9.9'), folder)).not.toBe(before)
  appendFileSync(join(folder, 'vault', 'go.sum'), '\n')
  expect(recipeOf('vault', pins, folder)).not.toBe(before)
})

test("a recipe does not change with another component's", () => {
  const before = recipeOf('vault', pins, folder)
  appendFileSync(join(folder, 'toxiproxy', 'go.sum'), '\n')
  expect(recipeOf('vault', withVersion('haproxy', '9.9.9'), folder)).toBe(before)
})

test.each(['localstack', 'haproxy'] as const)('the recipe of %s includes its base', (name) => {
  const before = recipeOf(name, pins, folder)
  appendFileSync(join(folder, 'base', 'packages.txt'), 'jq\n')
  expect(recipeOf(name, pins, folder)).not.toBe(before)
})

test('a tag holds version and recipe, and is known as ours', () => {
  expect(tagOf('openbao', pins)).toBe(
    `vault-drill/openbao:${pins.versions.openbao}-${recipeOf('openbao', pins)}`,
  )
  expect(isAssembledTag(tagOf('openbao', pins))).toBe(true)
  expect(isAssembledTag('mine/openbao:1')).toBe(false)
})
