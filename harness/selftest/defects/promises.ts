import { ns } from '../../objectives/made-record.ts'
import type { Defect } from '../defect.ts'
import { planted, spoiled } from '../own-defect.ts'
import {
  acknowledgedTwice,
  againstCondition,
  futureRead,
  liveAfterDelete,
  refusedAndThere,
  staleRead,
} from '../register-spoils.ts'
import {
  acknowledgedIn,
  adding,
  changing,
  dropping,
  longHistory,
  reading,
  type Spoil,
  spoiledHistory,
} from '../spoiled-run.ts'

/** Promises that are not kept: for every rule one defect that only it notices. */

const NODES = ['vault-1', 'vault-2', 'vault-3']

const promises: readonly Defect[] = [
  spoiled(
    'X20',
    'the service is back after the limit',
    'rto',
    changing('frozen', (frozen) => ({
      ...frozen,
      objectives: frozen.objectives.map((objective) =>
        objective.kind === 'rto' ? { ...objective, limitMs: 1000 } : objective,
      ),
    })),
  ),
  spoiled(
    'X21',
    'clients get bad answers where none may be',
    'no-outage',
    changing('frozen', (frozen) => ({
      ...frozen,
      objectives: [{ kind: 'no-outage', id: 'no-outage', holdDownMs: 2000 }],
    })),
  ),
  spoiled('X22', 'a fact is not as it should be', 'checks', (run, seed) => {
    changing('frozen', (frozen) => ({
      ...frozen,
      objectives: [
        ...frozen.objectives,
        { kind: 'checks', id: 'checks', titles: ['it is sealed'] },
      ],
    }))(run, seed)
    adding('check', { title: 'it is sealed', expected: true, observed: false })(run, seed)
  }),
  spoiled(
    'X23',
    'the last acknowledged writes are on two of three nodes only',
    'lost-write',
    (run, seed) => {
      const lost = acknowledgedIn(run).slice(-1 - Math.floor(seed.fraction('lost') * 5))
      const node = seed.pick('node', NODES)
      for (const n of lost) reading(run, n, ABSENT, node)
    },
  ),
  spoiled('X24', 'content is not what was written', 'corrupt', (run, seed) => {
    permitting(run, seed)
    reading(run, acknowledgedIn(run).at(-1) ?? 0, { intact: false })
  }),
  spoiled('X25', 'a refused write is there', 'ghost', (run, seed) => {
    const refused = run.writes.flatMap((line) =>
      line.kind === 'answer' && line.data.outcome === 'refused' ? [line.data.n] : [],
    )
    reading(run, seed.pick('write', refused), { state: 'present', version: 1, intact: true })
  }),
  spoiled('X26', 'a write was applied twice', 'duplicate', (run, seed) => {
    reading(run, seed.pick('write', acknowledgedIn(run)), { version: 2 })
  }),
  spoiled('X27', 'the loss reaches back too far', 'rpo-window', (run, seed) => {
    windowOf(1000)(run, seed)
    const before = sentBefore(run, 5800)
    for (const n of acknowledgedIn(run)) if (n > before - 30) reading(run, n, ABSENT)
  }),
  spoiled(
    'X28',
    'a write is lost from the middle of those that survive',
    'inconsistent-cut',
    (run, seed) => {
      windowOf(20_000)(run, seed)
      const before = sentBefore(run, 5800)
      reading(run, before - 2 - Math.floor(seed.fraction('write') * 20), ABSENT)
    },
  ),
]

const ABSENT = { state: 'absent', version: undefined, intact: undefined, status: 404 }

/** So many may be lost, and from this long before the fault. */
function windowOf(windowMs: number): Spoil {
  return changing('frozen', (frozen) => ({
    ...frozen,
    objectives: frozen.objectives.map((objective) =>
      objective.kind === 'rpo' ? { ...objective, lostWrites: 1000, windowMs } : objective,
    ),
  }))
}

/** One write may be lost: only that it is damaged remains to be noticed. */
const permitting = changing('frozen', (frozen) => ({
  ...frozen,
  objectives: frozen.objectives.map((objective) =>
    objective.kind === 'rpo' ? { ...objective, lostWrites: 1 } : objective,
  ),
}))

const sentBefore = (run: Parameters<Spoil>[0], ms: number): number =>
  Math.max(...run.writes.map((line) => (line.kind === 'sent' && line.t < ns(ms) ? line.data.n : 0)))

/**
 * On a busy register the search gives up before it comes to the end, so only the rules of the
 * versions are left; where there are deletes they do not decide, so only the search is.
 */
const FEW_STEPS = { stepsPerRegister: 2500 }

const registers: readonly Defect[] = [
  planted(
    'X30',
    'a version of a busy register is acknowledged twice',
    'A1',
    longHistory(acknowledgedTwice),
    FEW_STEPS,
  ),
  planted('X31', 'a read of a busy register is stale', 'A2', longHistory(staleRead), FEW_STEPS),
  planted(
    'X32',
    'a busy register is read before it was written',
    'A3',
    longHistory(futureRead),
    FEW_STEPS,
  ),
  planted(
    'X33',
    'a conditional write on a busy register is against its condition',
    'A4',
    longHistory(againstCondition),
    FEW_STEPS,
  ),
  planted(
    'X34',
    'a refused write on a busy register is there',
    'A5',
    longHistory(refusedAndThere),
    FEW_STEPS,
  ),
  planted('X35', 'a deleted version is read once more', 'B', spoiledHistory(liveAfterDelete)),
  planted(
    'X36',
    'a version of a busy register is deleted by nobody',
    'resurrected',
    longHistory('deleted-by-nobody'),
    FEW_STEPS,
  ),
  planted(
    'X37',
    'a register is behind on one node',
    'nodes-differ',
    spoiledHistory('node-differs'),
  ),
]

// --- did the scenario come to its end? -----------------------------------------------------

const end: readonly Defect[] = [
  spoiled('X40', 'the run was stopped', 'aborted', adding('aborted', { why: 'SIGINT' })),
  spoiled(
    'X41',
    'the scenario met an error',
    'error',
    adding('error', { message: 'vault-2 never unsealed', infrastructure: false }),
  ),
  spoiled(
    'X51',
    'the operator could not do a step of the runbook',
    'step',
    adding('error', {
      message: 'PUT sys/unseal on vault-2 answered 400',
      infrastructure: false,
      step: { procedure: 'unseal-nodes', title: 'Open the nodes, one after the other' },
    }),
  ),
  spoiled('X42', 'the harness died', 'ended', dropping('ended')),
  spoiled(
    'X43',
    'a miss that should come did not',
    'expects',
    changing('frozen', (frozen) => ({
      ...frozen,
      expects: [{ missed: 'rto', because: 'too slow' }],
    })),
  ),
]

export const PROMISES: readonly Defect[] = [...promises, ...registers, ...end]
