import { OPERATIONS_FILE } from '../../journal/operation.ts'
import { PROBES_FILE, READS_FILE, WRITES_FILE } from '../../journal/read.ts'
import { type MadeRun, madeRun, ns } from '../../objectives/made-record.ts'
import type { Defect } from '../defect.ts'
import { editedFile } from '../edited-file.ts'
import { planted, spoiled } from '../own-defect.ts'
import { changing, dropping, type Spoil, spoiledRecord, spoiledRun } from '../spoiled-run.ts'

/** What makes a measurement doubtful: for every gate one that only it notices. */

const NODES = ['vault-1', 'vault-2', 'vault-3']
const STREAMS = [WRITES_FILE, PROBES_FILE, OPERATIONS_FILE, READS_FILE]

/** The fault under another name. */
const named =
  (name: string): Spoil =>
  (run) => {
    run.journal = run.journal.map((line) =>
      line.kind.startsWith('fault.') ? { ...line, data: { ...line.data, name } } : line,
    ) as MadeRun['journal']
  }

const measurement: readonly Defect[] = [
  planted('X01', 'a line of a closed file is edited', 'chains', (seed) =>
    editedFile(madeRun(), seed.pick('file', STREAMS), (lines) => {
      const at = Math.floor(seed.fraction('line') * lines.length)
      return lines.map((line, i) => (i === at ? line.replace(/"t":(\d)/, '"t":1$1') : line))
    }),
  ),
  planted('X02', 'the end of a closed file is cut off', 'chains', (seed) =>
    editedFile(madeRun(), PROBES_FILE, (lines) =>
      lines.slice(0, -1 - Math.floor(seed.fraction('lines') * 3)),
    ),
  ),
  planted(
    'X03',
    'a file was never closed',
    'recorder',
    spoiledRecord((record, seed) => ({
      ...record,
      unsealed: [seed.pick('file', STREAMS)],
    })),
  ),
  spoiled(
    'X04',
    'a gap of 0.7 s in the judged lanes within the hold-down',
    'probe-coverage',
    (run) => {
      const isIn = (t: number) => t > ns(9000) && t < ns(9700)
      run.probes = run.probes.filter(({ t, kind }) => kind !== 'sample' || !isIn(t))
    },
  ),
  spoiled(
    'X05',
    'the probe errs by 40 ms in every tenth outage of its calibration',
    'calibration',
    changing('calibration', ({ errorsMs }, seed) => {
      const wrong = Math.floor(seed.fraction('flip') * 10)
      return { errorsMs: errorsMs.map((error, i) => (i % 10 === wrong ? 40 : error)), worstMs: 40 }
    }),
  ),
  spoiled('X06', 'the event loop of the probe stalls', 'probe-process', (run) => {
    run.probes = run.probes.map((line) =>
      line.kind === 'usage' ? { ...line, data: { ...line.data, loopDelayP99Ms: 80 } } : line,
    )
  }),
  spoiled('X07', 'the host has no CPU to spare', 'host', (run) => {
    run.probes = run.probes.map((line) =>
      line.kind === 'usage' ? { ...line, data: { ...line.data, hostIdle: 0 } } : line,
    )
  }),
  spoiled(
    'X08',
    'new connections come through half a second after kept-alive ones',
    'fresh-lane',
    (run) => {
      const back = Math.max(
        ...run.probes.map((line) =>
          line.kind === 'sample' && line.data.lane === 'read' && !line.data.ok ? line.t : 0,
        ),
      )
      run.probes = run.probes.map((line) =>
        line.kind === 'sample' &&
        line.data.lane === 'fresh-read' &&
        line.t > back &&
        line.t < back + ns(500)
          ? { ...line, data: { ...line.data, ok: false, why: 'ECONNREFUSED' } }
          : line,
      )
    },
  ),
  spoiled('X09', 'the process that wrote also reads back', 'fresh-reader', (run) => {
    run.reads = run.reads.map((line) =>
      line.kind === 'pass' ? { ...line, data: { ...line.data, pid: 4711 } } : line,
    )
  }),
  spoiled(
    'X10',
    'a voter was missing at the start',
    'clean-start',
    changing('gate', (gate) => ({ ...gate, held: false, reason: 'two voters' })),
  ),
]

const vacuity: readonly Defect[] = [
  spoiled(
    'X11',
    'nobody but its injector saw the fault',
    'fault-witnessed',
    dropping('fault.witnessed'),
  ),
  spoiled(
    'X12',
    'a toxic is left of the fault',
    'residue',
    changing('fault.healed', (event) => ({ ...event, residue: ['toxic latency on raft-vault-2'] })),
  ),
  spoiled('X13', 'a fault comes after two seconds of load', 'enough-samples', (run) => {
    run.journal = run.journal
      .map((line) =>
        line.kind === 'phase' && line.data.name === 'steady' ? { ...line, t: ns(3700) } : line,
      )
      .sort((a, b) => a.t - b.t)
  }),
  planted(
    'X14',
    'the workload never deletes',
    'operations',
    spoiledRecord((record) => {
      const { history } = record
      if (history === undefined) return record
      const dropped = new Set(history.ops.filter(({ f }) => f === 'delete').map(({ key }) => key))
      const ops = history.ops.filter(({ key }) => !dropped.has(key))
      return { ...record, history: { ...history, ops, operationsPerSecond: 1 } }
    }),
  ),
  spoiled('X15', 'a node is never read', 'read-back-complete', (run, seed) => {
    const node = seed.pick('node', NODES)
    run.reads = run.reads.filter(
      (line) =>
        !['pass', 'read', 'pass.ended'].includes(line.kind) ||
        (line.data as { node: string }).node !== node,
    )
  }),
  spoiled('X16', 'a register is not read on one node', 'read-out-complete', (run, seed) => {
    const node = seed.pick('node', NODES)
    const [key] = run.reads.flatMap((line) => (line.kind === 'register' ? [line.data.key] : []))
    const isIt = (data: object) =>
      'key' in data && data.key === key && 'node' in data && data.node === node
    run.reads = run.reads.flatMap((line) => {
      if (!isIt(line.data)) return [line]
      if (line.kind !== 'register') return []
      const data = {
        ...line.data,
        state: 'unreadable' as const,
        current: 0,
        versions: [],
        why: '503',
      }
      return [{ ...line, data }]
    })
  }),
  spoiled(
    'X17',
    'what the scenario is about never happened',
    'must-observe',
    changing('frozen', (frozen) => ({ ...frozen, mustObserve: ['no-such-fact'] })),
  ),
  spoiled(
    'X18',
    'the server of a standby was started again by somebody else',
    'undisturbed',
    (run, seed) => {
      const other = seed.pick('node', ['vault-2', 'vault-3'])
      const seen = (pid: number, ageMs: number) =>
        Object.fromEntries(
          NODES.map((node) => [node, node === other ? { pid, ageMs } : { pid: 71, ageMs: 60_000 }]),
        )
      run.journal.push(
        { t: ns(425), kind: 'node.processes', data: { when: 'settled', nodes: seen(72, 60_000) } },
        {
          t: ns(11_950),
          kind: 'node.processes',
          data: { when: 'converged', nodes: seen(99, 2000) },
        },
      )
      run.journal.sort((a, b) => a.t - b.t)
    },
  ),
  planted(
    'X19',
    'a "crash" of the leader is over before Raft can have noticed it',
    'raft-oracle',
    spoiledRun(named('kill'), { outages: [{ fromMs: 5805, toMs: 6100 }] }),
  ),
]

export const DOUBTS: readonly Defect[] = [...measurement, ...vacuity]
