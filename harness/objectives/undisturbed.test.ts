import { describe, expect, test } from 'vitest'
import type { JournalData } from '../journal/entry.ts'
import { type MadeRun, ns } from './made-record.ts'
import { adding, both, judged, type Spoil } from './spoiled.ts'

type When = JournalData['node.processes']['when']
type Seen = { readonly pid: number; readonly ageMs: number }

const processes = (atMs: number, when: When, change: Record<string, Seen> = {}): Spoil => {
  const old = (pid: number): Seen => ({ pid, ageMs: 60_000 + atMs })
  const nodes = { 'vault-1': old(101), 'vault-2': old(102), 'vault-3': old(103), ...change }
  return adding(atMs, 'node.processes', { when, nodes })
}

/** vault-1 is killed at 5.8 s and started again by the procedure, between 8 and 8.4 s. */
const rejoin: Spoil = both(
  adding(8000, 'procedure.started', {
    procedure: 'rejoin-node',
    form: 'corrected',
    nodes: ['vault-1'],
  }),
  adding(8010, 'step.started', { procedure: 'rejoin-node', title: 'Start' }),
  adding(8400, 'step.ended', { procedure: 'rejoin-node', title: 'Start', outcome: 'done' }),
)
const REJOINED: Seen = { pid: 201, ageMs: 3700 }
const whole: Spoil = both(
  rejoin,
  processes(5590, 'settled'),
  processes(5750, 'fault'),
  processes(11_910, 'converged', { 'vault-1': REJOINED }),
)

/** The answers of a node's health lane between two instants. */
const health =
  (node: string, fromMs: number, toMs: number, answer: object): Spoil =>
  (run: MadeRun) => {
    for (const line of run.probes) {
      if (line.kind !== 'sample' || line.data.lane !== `health-${node}`) continue
      const { call } = line.data
      if (call < ns(fromMs) || call >= ns(toMs)) continue
      const { status: _, ...rest } = line.data
      line.data = { ...rest, ...answer }
    }
  }
const KILL = { fault: 'f1', name: 'SIGKILL', target: 'vault-1' }
const REFUSED = { ok: false, why: 'ECONNREFUSED before sending' }

const gateOf = async (spoil: Spoil) => {
  const verdict = await judged(spoil)
  return { ...verdict.gates.find(({ id }) => id === 'undisturbed'), verdict }
}

describe('the cluster was left alone', () => {
  test.each([
    ['only the fault and the procedure touched a node', whole],
    ['nothing about processes was recorded, as before', both()],
    [
      'a standby missed its leader while the fault lasted',
      both(whole, health('vault-2', 6000, 10_300, { ok: false, status: 474 })),
    ],
    ['a node missed two answers', both(whole, health('vault-2', 9000, 9700, REFUSED))],
    [
      'a busy host made a node late',
      both(
        whole,
        health('vault-2', 9000, 10_500, {
          ok: false,
          why: 'no answer within 1 s',
          ret: ns(10_500),
        }),
      ),
    ],
    [
      'a node is silent after the fault on it',
      both(whole, health('vault-1', 6000, 11_900, REFUSED)),
    ],
    [
      'the leadership moved while the service recovered',
      both(
        whole,
        health('vault-3', 7600, 7900, { status: 429 }),
        health('vault-2', 7600, 7900, { status: 200 }),
      ),
    ],
    [
      'the node came back by healing',
      both(
        processes(5590, 'settled'),
        processes(11_910, 'converged', { 'vault-1': { pid: 201, ageMs: 600 } }),
      ),
    ],
    [
      'the body healed the fault before its end',
      both(
        processes(5590, 'settled'),
        adding(8400, 'fault.healed', { ...KILL, residue: [], began: ns(8000) }),
        processes(11_910, 'converged', { 'vault-1': REJOINED }),
      ),
    ],
    ['another node hangs while nobody leads', both(whole, frozenNode('vault-2', 5900, 7600))],
    [
      'the read-back moved the leadership',
      both(whole, health('vault-2', 12_000, 13_000, { status: 200 })),
    ],
  ] as const)('when %s', async (_what, spoil) => {
    const { held, reason, verdict } = await gateOf(spoil)
    expect({ held, reason }).toMatchObject({ held: true })
    expect(verdict.verdict).toBe('passed')
  })

  test.each([
    [
      'another node was restarted',
      both(
        whole,
        processes(11_920, 'converged', {
          'vault-1': REJOINED,
          'vault-2': { pid: 302, ageMs: 2500 },
        }),
      ),
      /the server of vault-2 was started by somebody else 9\.42 s into the run/,
    ],
    [
      'another node is gone',
      both(
        whole,
        processes(11_920, 'converged', { 'vault-1': REJOINED, 'vault-3': { pid: 0, ageMs: 0 } }),
      ),
      /the server of vault-3 was ended by somebody else/,
    ],
    [
      'the killed node was started once more, by nobody of the run',
      both(
        rejoin,
        processes(5590, 'settled'),
        processes(11_910, 'converged', { 'vault-1': { pid: 401, ageMs: 2210 } }),
      ),
      /the server of vault-1 was started by somebody else 9\.70 s into the run/,
    ],
    [
      'a node was restarted before the fault',
      both(
        rejoin,
        processes(5590, 'settled'),
        processes(5750, 'fault', { 'vault-2': { pid: 302, ageMs: 100 } }),
        processes(11_910, 'converged', {
          'vault-1': REJOINED,
          'vault-2': { pid: 302, ageMs: 6260 },
        }),
      ),
      /the server of vault-2 was started by somebody else 5\.65 s/,
    ],
    [
      'a node was young when the scenario began',
      both(rejoin, processes(5590, 'settled', { 'vault-3': { pid: 103, ageMs: 4000 } })),
      /vault-3 had run for only 4\.00 s when the scenario began/,
    ],
    [
      'another node refuses connections for a moment',
      both(whole, health('vault-2', 9000, 10_300, REFUSED)),
      /vault-2 stopped serving 9\.\d+ s into the run \(ECONNREFUSED before sending\)/,
    ],
    [
      'another node is sealed',
      both(whole, health('vault-2', 9000, 10_300, { ok: false, status: 503 })),
      /vault-2 stopped serving .*HTTP 503/,
    ],
    [
      'a standby misses its leader before the fault',
      both(whole, health('vault-2', 1000, 3000, { ok: false, status: 474 })),
      /vault-2 stopped serving 1\.\d+ s .*HTTP 474/,
    ],
    [
      'another node is frozen',
      both(whole, frozenNode('vault-2', 8500, 11_500)),
      /vault-2 gave no answer for \d\.\d+ s, 8\.\d+ s into the run, without a fault on it/,
    ],
    [
      'the leader changed before the fault',
      both(
        whole,
        health('vault-1', 1000, 3000, { status: 429 }),
        health('vault-2', 1000, 3000, { status: 200 }),
      ),
      /vault-\d took the lead from vault-\d before the first fault/,
    ],
    [
      'the leader changed after the recovery',
      both(
        whole,
        health('vault-3', 11_000, 12_000, { status: 429 }),
        health('vault-2', 11_000, 12_000, { status: 200 }),
      ),
      /vault-2 took the lead from vault-3 after the recovery/,
    ],
  ] as const)(
    'not when %s: neither a pass nor a miss is believed',
    async (_what, spoil, reason) => {
      const { held, kind, verdict, reason: said } = await gateOf(spoil)
      expect({ held, kind }).toEqual({ held: false, kind: 'soundness' })
      expect(said).toMatch(reason)
      expect(verdict).toMatchObject({ verdict: 'inconclusive', cause: 'assumption' })
    },
  )
})

/** Requests that hang until their deadline of 1 s. */
function frozenNode(node: string, fromMs: number, toMs: number): Spoil {
  return (run) => {
    for (const line of run.probes) {
      if (line.kind !== 'sample' || line.data.lane !== `health-${node}`) continue
      const { call, status: _, ...rest } = line.data
      if (call < ns(fromMs) || call >= ns(toMs)) continue
      line.data = {
        ...rest,
        call,
        ret: call + ns(1000),
        ok: false,
        why: 'no answer within 1000 ms',
      }
    }
  }
}
