import { describe, expect, test } from 'vitest'
import type { JournalData, JournalKind } from '../journal/entry.ts'
import { NS_PER_MS } from '../lib/clock.ts'
import { madeFrozen } from '../objectives/made-record.ts'
import { Progress } from './progress.ts'

function told<K extends JournalKind>(kind: K, data: JournalData[K]): string {
  const written: string[] = []
  const progress = new Progress({ write: (text) => written.push(text) })
  progress.show(kind, data, 83_460 * NS_PER_MS)
  return written.join('')
}

const row = <K extends JournalKind>(kind: K, data: JournalData[K], line: string) =>
  [kind, line, () => told(kind, data)] as const

const fault = { fault: '01-killed', name: 'killed', target: 'vault-1' }

const load = {
  load: 'open',
  script: 'steady',
  model: 'open',
  durationMs: 30_000,
  timeoutMs: 2000,
  samples: 'k6/samples.json.gz',
  thresholds: {},
  version: '1',
} as const

describe('people are told of', () => {
  test.each([
    row(
      'frozen',
      { ...madeFrozen, multiplier: 5 },
      `leader-crash (openbao ${madeFrozen.version}, multiplier 5): The leader is killed while tenants write`,
    ),
    row(
      'frozen',
      { ...madeFrozen, variant: 'twice' },
      `leader-crash:twice (openbao ${madeFrozen.version}, multiplier 1): The leader is killed while tenants write`,
    ),
    row('phase', { name: 'read-back' }, 'reading every write back'),
    row(
      'cluster.ready',
      {
        leader: 'vault-1',
        voters: ['vault-1', 'vault-2'],
        sealType: 'awskms',
        kmsEncrypts: 2,
        parts: { pods: 400, init: 1600 },
      },
      '2 voters, vault-1 leads; boot 2000 ms (pods 400, init 1600)',
    ),
    row('calibration', { errorsMs: [1, 2.04], worstMs: 2.04 }, 'worst error of the probe: 2.0 ms'),
    row('load.started', { ...load, ratePerS: 180 }, 'load "open": steady, 180 a second'),
    row('load.started', { ...load, users: 100 }, 'load "open": steady, 100 users'),
    row(
      'load.ended',
      {
        load: 'open',
        exitCode: 0,
        cpuMsPerS: 212,
        summary: { requests: 5400, dropped: 3, thresholds: {}, latencyMs: {} },
      },
      'load "open": 5400 requests, 3 dropped, 0.21 of a core',
    ),
    row(
      'load.ended',
      { load: 'open', exitCode: 107 },
      'load "open": nobody knows how many requests, 0 dropped',
    ),
    row('fault.injected', { ...fault, issued: 1, proven: 2 }, 'killed vault-1'),
    row(
      'fault.witnessed',
      { ...fault, witness: 'vault-2 leads in term 4' },
      'witness: vault-2 leads in term 4',
    ),
    row('fault.unseen', { ...fault, lastSeen: 'nobody leads' }, 'no witness: nobody leads'),
    row(
      'fault.stuck',
      { ...fault, why: 'no such container' },
      'could not be healed: no such container',
    ),
    row(
      'step.started',
      { procedure: 'rejoin-node', title: 'Start the node' },
      'step: Start the node',
    ),
    row('wait.happened', { what: 'another node leads', waitedMs: 1 }, 'another node leads'),
    row(
      'wait.expired',
      { what: 'another node leads', waitedMs: 1, lastSeen: 'nobody' },
      'never happened: another node leads; last seen: nobody',
    ),
    row(
      'check',
      { title: 'both answer', expected: [429, 429], observed: [429, 429] },
      'both answer',
    ),
    row(
      'check',
      { title: 'both answer', expected: [429, 429], observed: [429, 200] },
      'both answer: [429,200], not [429,429]',
    ),
    row(
      'gate',
      { id: 'clean-start', kind: 'soundness', guards: [], held: false, reason: 'a toxic' },
      'gate clean-start: a toxic',
    ),
    row('error', { message: 'the disk is full', infrastructure: true }, 'the disk is full'),
    row('aborted', { why: 'stopped by SIGINT' }, 'stopped by SIGINT'),
  ])('%s: %s', (_kind, line, tell) => {
    expect(tell()).toBe(`   83.5 s  ${line}\n`)
  })
})

describe('people are not told of', () => {
  const silent = <K extends JournalKind>(kind: K, data: JournalData[K]) =>
    [kind, () => told(kind, data)] as const
  test.each([
    silent('gate', { id: 'clean-start', kind: 'soundness', guards: [], held: true, reason: '' }),
    silent('fault.planned', { ...fault, plan: {}, undo: 'undo/01', final: false }),
    silent('clock', { wallMs: 1, t: 1 }),
    silent('stable', { since: 1 }),
    silent('ended', {}),
  ])('%s', (_kind, tell) => {
    expect(tell()).toBe('')
  })
})
