import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { AwsError } from './aws/emulator.ts'
import { BLAME, type Blame, blameOf, type Kind } from './blame.ts'
import { ServerEnded } from './cluster/node.ts'
import { NoBackup } from './cluster/operator-backup-checks.ts'
import { Refusal } from './cluster/refusal.ts'
import { RequestFailed } from './lib/http.ts'
import { NeverHappened } from './lib/until.ts'
import { sourceFiles } from './source-files.ts'
import { ExecTooSlow } from './stack/container.ts'
import { EngineUnavailable } from './stack/docker.ts'
import { VaultError } from './vault/error.ts'
import { InitOutcomeUnknown } from './vault/init.ts'

/** All that a procedure may reach, as the import table has it. */
const FOLDERS = ['lib', 'vault', 'aws', 'cluster', 'procedures']

async function kindsIn(folder: string): Promise<readonly Kind[]> {
  const path = join(import.meta.dirname, folder)
  const files = readdirSync(path).filter((file) => /(?<!\.test)\.ts$/.test(file))
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(join(path, file)).href)),
  )
  return modules
    .flatMap((exported) => Object.values<unknown>(exported))
    .filter((value): value is Kind => typeof value === 'function')
    .filter(({ prototype }) => prototype instanceof Error)
}

const names = (kinds: readonly Kind[]) => [...new Set(kinds.map(({ name }) => name))].toSorted()

test('every kind of error that a procedure can meet is in the table, once', async () => {
  const there = (await Promise.all(FOLDERS.map(kindsIn))).flat()
  const listed = BLAME.map(({ kind }) => kind)
  expect(new Set(listed).size).toBe(listed.length)
  expect(names(listed)).toEqual(names(there))
})

const namesOfBlamed = (kinds: readonly Kind[]) =>
  names(kinds.filter(({ prototype }) => blameOf(Object.create(prototype), true) === 'machine'))

test('what the operator and the procedures have found is the cluster’s, wherever it ends', async () => {
  const found = (await Promise.all(['cluster', 'procedures'].map(kindsIn))).flat()
  // What we type ourselves, not the operator.
  expect(namesOfBlamed(found)).toEqual(['ShellFailed'])
})

test('what the stack says is the machine’s throughout', async () => {
  const found = await kindsIn('stack')
  expect(names(found)).toContain('EngineUnavailable')
  expect(namesOfBlamed(found)).toEqual(names(found))
})

test('no procedure ends with an error of no kind', () => {
  const ours = /^harness\/(procedures|cluster\/(operator|share))/
  const files = sourceFiles(['harness']).filter(
    ({ name, isTest }) => !isTest && ours.test(`harness/${name}`),
  )
  expect(files.length).toBeGreaterThan(40)
  const bare = files.filter(({ code }) => /throw new Error\(/.test(code)).map(({ name }) => name)
  // What the image of a server lacks.
  expect(bare).toEqual(['cluster/operator-shell.ts'])
})

const refused = (status: number) =>
  new VaultError({
    node: 'vault-1',
    method: 'PUT',
    path: 'sys/unseal',
    status,
    errors: ['invalid key'],
    headers: {},
  })
const unanswered = new RequestFailed('GET sys/health: no answer', { sent: true, code: 'TIMEOUT' })
const aws = (status?: number) =>
  new AwsError('s3:PutObject', undefined, { name: 'Denied', $metadata: { httpStatusCode: status } })
const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

describe('in a step of a procedure', () => {
  test.each<readonly [string, Error, Blame, Blame]>([
    ['a refusal', new Refusal('a leader', 'none'), 'cluster', 'cluster'],
    ['a look that AWS refused', new Refusal('a', 'b', { cause: aws(403) }), 'cluster', 'cluster'],
    ['a look at a silent emulator', new Refusal('a', 'b', { cause: aws() }), 'machine', 'cluster'],
    ['a missing backup', new NoBackup('there is no backup'), 'cluster', 'cluster'],
    [
      'a wait that expired',
      new NeverHappened('a', { ms: 1 }, 'b', undefined),
      'cluster',
      'cluster',
    ],
    ['a server that ended', new ServerEnded('vault-1', 2), 'cluster', 'cluster'],
    ['an answer of 400', refused(400), 'cluster', 'machine'],
    ['an answer of 500', refused(500), 'cluster', 'machine'],
    ['no answer', unanswered, 'cluster', 'machine'],
    ['a refusal of AWS', aws(403), 'cluster', 'machine'],
    ['an emulator that is broken', aws(500), 'machine', 'machine'],
    ['an emulator that is silent', aws(), 'machine', 'machine'],
    ['an init of which nobody knows', new InitOutcomeUnknown('v', full), 'machine', 'machine'],
    ['an engine that is gone', new EngineUnavailable('gone'), 'machine', 'machine'],
    ['a command of ours', new ExecTooSlow('c', ['tc'], { ms: 1 }), 'machine', 'machine'],
    ['a full disk', full, 'machine', 'machine'],
    ['a bug', new TypeError('x is not a function'), 'machine', 'machine'],
  ])('%s is put down to whom it concerns, and outside of it too', (_, error, inStep, byUs) => {
    expect([blameOf(error, true), blameOf(error, false)]).toEqual([inStep, byUs])
  })
})
