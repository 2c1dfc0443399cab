import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordFailure } from './failures.ts'
import type { Journal } from './journal/journal.ts'
import { NeverHappened } from './lib/until.ts'

/** What becomes of an error that ends a body before its time. */
function recorded(error: unknown): unknown {
  const entries: unknown[] = []
  const journal = { record: (_kind: string, data: unknown) => entries.push(data) }
  recordFailure(journal as unknown as Journal, error, new AbortController().signal)
  return entries[0]
}

/** Kinds of errors that the operator and the procedures have of their own. */
async function ownKinds(): Promise<readonly (readonly [string, Error])[]> {
  const files = ['cluster', 'procedures'].flatMap((folder) =>
    readdirSync(join(import.meta.dirname, folder))
      .filter((file) => folder === 'procedures' || file.startsWith('operator'))
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => `./${folder}/${file}`),
  )
  const modules = await Promise.all(files.map((file) => import(file)))
  return modules
    .flatMap((exported) => Object.values<unknown>(exported))
    .filter((value) => typeof value === 'function')
    .filter(({ prototype }) => prototype instanceof Error)
    .map(({ name, prototype }) => [name, Object.create(prototype)])
}

/** What we type ourselves, not the operator. */
const OURS = ['ShellFailed']

test('what a procedure saw and stopped for is never put down to the machine', async () => {
  const kinds = await ownKinds()
  expect(kinds.map(([name]) => name)).toEqual(expect.arrayContaining([...OURS, 'NotInForce']))
  const blamed = kinds
    .filter(([, error]) => (recorded(error) as { infrastructure: boolean }).infrastructure)
    .map(([name]) => name)
  expect(blamed).toEqual(OURS)
})

test('an error that nobody thought of is', () => {
  const error = new Error('connect ECONNREFUSED')
  expect(recorded(error)).toEqual({ message: 'connect ECONNREFUSED', infrastructure: true })
})

test('a wait that expired is a finding, in its own words', () => {
  const never = new NeverHappened('vault-1 leads', { ms: 5000 }, 'vault-2 does', undefined)
  expect(recorded(never)).toEqual({ message: never.message, infrastructure: false })
})
