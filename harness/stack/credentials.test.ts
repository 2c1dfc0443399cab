import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BadDockerConfig, storedCredentials } from './credentials.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-config-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const write = (config: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
const auth = Buffer.from('ci:pass:word').toString('base64')

test.each([
  ['r.example:5000', 'r.example:5000'],
  ['https://r.example:5000', 'r.example:5000'],
  ['https://index.docker.io/v1/', 'docker.io'],
])('what docker login wrote under %s is found for %s', async (key, registry) => {
  write({ auths: { [key]: { auth } } })
  const found = await storedCredentials(registry, folder)
  expect([found?.user, found?.password.reveal()]).toEqual(['ci', 'pass:word'])
})

test('no file and another registry mean no credentials', async () => {
  expect(await storedCredentials('r.example', folder)).toBeUndefined()
  write({ auths: { 'other.example': { auth } } })
  expect(await storedCredentials('r.example', folder)).toBeUndefined()
})

test('the helper that the file names is asked on its standard input', async () => {
  const helper = join(folder, 'docker-credential-drill')
  writeFileSync(
    helper,
    '#!/bin/sh\nread -r registry\nprintf \'{"Username":"%s","Secret":"from-helper"}\' "$registry"\n',
  )
  chmodSync(helper, 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  write({ credHelpers: { 'r.example': 'drill' } })
  const found = await storedCredentials('r.example', folder)
  expect([found?.user, found?.password.reveal()]).toEqual(['r.example', 'from-helper'])
})

test('a damaged file is named', async () => {
  writeFileSync(join(folder, 'config.json'), '{')
  await expect(storedCredentials('r.example', folder)).rejects.toThrow(BadDockerConfig)
  await expect(storedCredentials('r.example', folder)).rejects.toThrow('config.json is not JSON')
})
