import { expect, test } from 'vitest'
import { DeadlinePassed, noteStep, recordFailure } from './failures.ts'
import { FaultUnavailable } from './faults/bring-about.ts'
import type { Journal } from './journal/journal.ts'
import { NeverHappened } from './lib/until.ts'
import { LoadFailed } from './probes/load-failed.ts'
import { VaultError } from './vault/error.ts'

/** What becomes of an error that ends a body before its time. */
function recorded(error: unknown, signal = new AbortController().signal): unknown {
  const entries: unknown[] = []
  const journal = { record: (kind: string, data: unknown) => entries.push([kind, data]) }
  recordFailure(journal as unknown as Journal, error, signal)
  expect(entries).toHaveLength(1)
  return entries[0]
}

const refused = () =>
  new VaultError({
    node: 'vault-1',
    method: 'PUT',
    path: 'sys/unseal',
    status: 400,
    errors: [],
    headers: {},
  })
const step = { procedure: 'unseal-nodes', title: 'Open the nodes, one after the other' }

test('an answer that the operator got in a step is the cluster’s, with the step', () => {
  const error = refused()
  noteStep(error, step)
  noteStep(error, { procedure: 'outer', title: 'all of it' })
  const { message } = error
  expect(recorded(error)).toEqual(['error', { message, infrastructure: false, step }])
})

test('the same answer to us is ours', () => {
  const error = refused()
  expect(recorded(error)).toEqual(['error', { message: error.message, infrastructure: true }])
})

test('an error that nobody thought of is infrastructure, in a step as well', () => {
  const error = new Error('connect ECONNREFUSED /var/run/docker.sock')
  const of = { message: error.message, infrastructure: true }
  expect(recorded(error)).toEqual(['error', of])
  noteStep(error, step)
  expect(recorded(error)).toEqual(['error', { ...of, step }])
})

test('a wait that expired is a finding, in its own words', () => {
  const never = new NeverHappened('vault-1 leads', { ms: 5000 }, 'vault-2 does', undefined)
  const of = { message: never.message, infrastructure: false }
  expect(recorded(never)).toEqual(['error', of])
})

test('a deadline that passed is none of the machine’s, and of no step', () => {
  const late = new DeadlinePassed({ ms: 1000 })
  const of = { message: late.message, infrastructure: false }
  expect(recorded(late)).toEqual(['error', of])
})

test.each([true, false])('a load that failed says itself whose it is: %s', (infrastructure) => {
  const error = new LoadFailed('mix', 'k6 ended with 107', { infrastructure })
  expect(recorded(error)).toMatchObject(['error', { infrastructure }])
})

test('what this machine cannot do is skipped, and what the user stops is aborted', () => {
  const unable = new FaultUnavailable('packet-loss', 'no random match')
  expect(recorded(unable)).toEqual(['skipped', { why: unable.message }])
  const stopped = AbortSignal.abort(new Error('stopped by SIGINT'))
  expect(recorded(refused(), stopped)).toEqual(['aborted', { why: 'stopped by SIGINT' }])
})
