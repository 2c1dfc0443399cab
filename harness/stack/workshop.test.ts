import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandFailed } from '../lib/command.ts'
import { inWorkFolder, isDiskFull, type Workshop } from './workshop.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

test('the work folder is gone after success and after failure', async () => {
  const workshop = { cache } as Workshop
  await inWorkFolder(workshop, 'a', async (folder) => writeFileSync(join(folder, 'x'), ''))
  const failing = inWorkFolder(workshop, 'a', async () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(readdirSync(cache)).toEqual([])
})

test('what a killed build left is not taken over', async () => {
  mkdirSync(join(cache, 'work-a'))
  writeFileSync(join(cache, 'work-a', 'half'), '')
  await inWorkFolder({ cache } as Workshop, 'a', async (folder) => {
    expect(existsSync(join(folder, 'half'))).toBe(false)
  })
})

const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' })
const tarFailed = new CommandFailed('tar', ['-x'], 2, ['tar: x: No space left on device', 'bye'])

test.each([
  ["Node's", noSpace, true],
  ["a program's", tarFailed, true],
  ["the engine's", new Error('write /var/lib/x: no space left on device'), true],
  ['a wrapped', new Error('build failed', { cause: noSpace }), true],
  ['no', new Error('tar failed'), false],
  ['no error but', 'no space left on device', false],
])('%s full disk is recognised', (_whose, error, answer) => {
  expect(isDiskFull(error)).toBe(answer)
})
