import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { slo } from '../harness/objectives/slo.ts'
import { arrival } from '../harness/probes/traffic.ts'
import { scenario } from '../harness/scenario.ts'

type Operation = 'read' | 'write' | 'list'

/** A row of the table: p50, p99 and p99.9 in milliseconds. */
const row = (op: Operation, [p50, p99, p999]: readonly [number, number, number], line: number) => {
  const common = { op, phases: ['steady'], source: `HLD:${line}` } as const
  return [
    slo({ ...common, p50: milliseconds(p50) }),
    slo({ ...common, p99: milliseconds(p99) }),
    slo({ ...common, p999: milliseconds(p999) }),
  ]
}

/** The sharper acceptance of the same document. */
const accepted = (op: Operation, p99: number, line: number) =>
  claim({
    source: `HLD:${line}`,
    says: `secret ${op} P99 latency below ${p99} ms`,
    slo: slo({ id: `accepted-${op}`, op, p99: milliseconds(p99), phases: ['steady'] }),
  })

const WHOLE = 'the cluster is whole after more writes than it can take'
const LEAST_WRITES_PER_S = 1000
/** What could not be sent, or was not answered within 2 s, counts as failed. */
const throughput = claim({
  source: 'HLD:769',
  says: `${LEAST_WRITES_PER_S} writes a second`,
  slo: slo({ id: 'throughput', op: 'write', errors: 0.001, phases: ['steady'] }),
})

export const latencyTable = scenario(
  'Reads, writes and lists are measured against the table of latencies',
  {
    id: 'LD2',
    source: 'HLD:746-751, 766-770, 1133-1134',
    hypothesis: 'Each operation that reaches the cluster keeps its three cells of the table.',
    suites: ['nightly', 'drill'],
    load: 'none',
    traffic: ({ load }, variant) => [
      variant === 'throughput'
        ? arrival({ lasts: seconds(20), ratePerS: LEAST_WRITES_PER_S, mix: { write: 1 } })
        : // The rarest operations need 10,000 samples for a p99.9: 250 s of 40 a second.
          arrival({ lasts: load, ratePerS: 160, mix: { read: 2, write: 1, list: 1 } }),
    ],
    lengths: () => ({ load: minutes(5) }),
    leaves: 'healthy',
    objectives: (_multiplier, variant) =>
      variant === 'throughput'
        ? [checks({ id: 'whole', all: [WHOLE], source: 'HLD:769' })]
        : [
            ...row('read', [10, 20, 50], 749),
            ...row('write', [20, 50, 100], 750),
            ...row('list', [50, 100, 200], 751),
          ],
    claims: (_multiplier, variant) =>
      variant === 'throughput'
        ? [throughput]
        : [accepted('read', 5, 1133), accepted('write', 50, 1134)],
    deadline: minutes(7),
  },
  {
    table: async ({ cluster, loaded, until }) => {
      await loaded()

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
    throughput: async ({ check, cluster, loaded, until }) => {
      await loaded()

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
      await check(WHOLE, 3, () => cluster.healthyVoters())
    },
  },
)
