import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../harness/cluster/cluster.ts'
import type { Node } from '../harness/cluster/node.ts'
import type { Operator } from '../harness/cluster/operator.ts'
import { OperatorNotes } from '../harness/cluster/operator-notes.ts'
import { all } from '../harness/lib/all.ts'
import { formatDuration, milliseconds } from '../harness/lib/duration.ts'
import { backup } from '../harness/procedures/backup.ts'
import type { Procedure, Step } from '../harness/procedures/procedure.ts'
import { restoreCluster } from '../harness/procedures/restore-cluster.ts'
import { writeSecret } from '../harness/vault/kv.ts'
import { interleaved, type Measure } from './arms.ts'
import { type BenchOptions, withStage } from './with-stage.ts'

const SIZES_MIB = [10, 100]
/** More says no more, and each of them is half a minute. */
const MOST = 3
/** Just below what a server takes in one request. */
const SECRET_BYTES = 384 * 1024

/**
 * The procedure of a full restore against what the server itself needs for it: new machines, init,
 * upload, restart, joins. The procedure does the same, and before and after it lists, fetches
 * and reads the backup, asks the KMS, and closes and opens the balancer.
 */
export async function benchRestore(options: BenchOptions): Promise<Measure> {
  const [first, ...more] = await withStage(options, async (stage) => {
    const measures: Measure[] = []
    for (const mib of SIZES_MIB) {
      const { product, signal } = options
      const cluster = await stage.cluster({ product, multiplier: 1, tls: true }, signal)
      const folder = mkdtempSync(join(tmpdir(), 'drill-bench-restore-'))
      try {
        measures.push(await restoresOf(cluster, folder, mib, options))
      } finally {
        await cluster.remove()
        rmSync(folder, { recursive: true })
      }
    }
    return measures
  })
  if (first === undefined) throw new Error('nothing was measured')
  return { ...first, more }
}

async function restoresOf(
  cluster: Cluster,
  folder: string,
  mib: number,
  { n, say, signal }: BenchOptions,
): Promise<Measure> {
  const { nodes, custody } = cluster
  const { token } = custody
  const operator = cluster.operator(signal, { notes: new OperatorNotes(folder), token })
  const root = cluster.viaBalancer()
  for (let bytes = 0; bytes < mib * 2 ** 20; bytes += SECRET_BYTES) {
    const text = randomBytes((SECRET_BYTES * 3) / 4).toString('base64')
    await writeSecret(root, `bench/large/${bytes}`, { text })
  }
  const access = await cluster.backupAccess()
  await performed(operator, backup, { access, kind: 'daily' })
  const snapshot = 'bench.snap'
  await operator.snapshots.save(snapshot)
  const { size } = await stat(join(folder, snapshot))
  const timed = async (what: string, act: () => Promise<void>) => {
    // What is there is not restored over; its machines are gone for both.
    await all(nodes.map((node) => node.vault.remove()))
    const startedMs = performance.now()
    await act()
    const took = performance.now() - startedMs
    say(`${mib} MiB (${size} bytes), ${what}: ${formatDuration(milliseconds(took))}`)
    return took
  }
  const { bucket } = access
  return interleaved({
    name: `restore of ${mib} MiB`,
    goal: 'ours : floor ≤ 1.5',
    n: Math.min(n, MOST),
    ours: {
      name: 'procedure',
      run: () =>
        timed('procedure', () => performed(operator, restoreCluster, { nodes, custody, bucket })),
    },
    theirs: {
      name: 'floor',
      run: () => timed('floor', () => bareRestore(operator, cluster, join(folder, snapshot))),
    },
  })
}

/** Every step, one after the other; nobody records them. */
async function performed<A>(operator: Operator, { perform }: Procedure<A>, given: A) {
  const step: Step = (_title, act) => act()
  const within = () => {
    throw new RangeError('no procedure in a procedure here')
  }
  await perform(operator, given, step, within)
}

/** What no way around saves, in the same calls: each waits for the fact that the next one needs. */
async function bareRestore(operator: Operator, cluster: Cluster, file: string): Promise<void> {
  const { snapshots, raft } = operator
  const [first, ...others] = cluster.nodes as readonly [Node, ...Node[]]
  await operator.renewMachine(first)
  const { rootToken } = await snapshots.initialize(first)
  await snapshots.restore(first, { file, token: rootToken })
  const original = cluster.custody.token
  await snapshots.untilInForce(first, { original, throwAway: rootToken })
  await operator.restart(first)
  await operator.seesUnsealed(first)
  for (const node of others) {
    await raft.remove(node)
    await operator.renewMachine(node)
    await raft.join(node)
  }
  await all(others.map((node) => operator.seesUnsealed(node)))
  await operator.seesHealthyVoters()
}
