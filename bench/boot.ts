import { setTimeout as sleep } from 'node:timers/promises'
import { type Ground, Holdings, startPod } from '../harness/cluster/ground.ts'
import type { Node } from '../harness/cluster/node.ts'
import { startServer } from '../harness/cluster/server.ts'
import { API_PORT, addressIn, topologyOf } from '../harness/cluster/topology.ts'
import { createAuthority } from '../harness/lib/certificates.ts'
import { formatDuration, milliseconds, seconds } from '../harness/lib/duration.ts'
import { median } from '../harness/lib/percentile.ts'
import type { Stage } from '../harness/stage.ts'
import { initialize } from '../harness/vault/init.ts'
import { writeSecret } from '../harness/vault/kv.ts'
import { autopilotState } from '../harness/vault/raft.ts'
import { mountKv } from '../harness/vault/setup.ts'
import { interleaved, type Measure } from './arms.ts'
import { type BenchOptions, withStage } from './with-stage.ts'

/**
 * Cluster-ready by our start against the recipe that one would write first: one container after
 * another, a look every 500 ms, `retry_join`, autopilot as it comes. Same images, TLS and
 * LocalStack ready in both arms. Ours ends with a write through the balancer and has an operator
 * pod beside; the other ends with a write on the leader and has neither.
 */
export function benchBoot(options: BenchOptions): Promise<Measure> {
  const { product, n, signal, say } = options
  return withStage(options, async (stage) => {
    await stage.seal(stage.takeIndex(), signal) // LocalStack is ready before either arm starts
    const parts: Record<string, number[]> = {}
    const result = await interleaved({
      name: 'boot',
      goal: 'ours : naive ≤ 0.25',
      n,
      ours: {
        name: 'tuned',
        run: async () => {
          const startedMs = performance.now()
          const cluster = await stage.cluster({ product, multiplier: 1, tls: true }, signal)
          const took = performance.now() - startedMs
          for (const [part, ms] of Object.entries(cluster.readiness.parts)) {
            parts[part] = [...(parts[part] ?? []), ms]
          }
          await cluster.remove()
          say(`tuned  ${formatDuration(milliseconds(took))}`)
          return took
        },
      },
      theirs: {
        name: 'naive',
        run: async () => {
          const took = await naiveBoot(stage, options)
          say(`naive  ${formatDuration(milliseconds(took))}`)
          return took
        },
      },
    })
    const split = Object.entries(parts).map(([part, ms]) => `${part} ${median(ms)} ms`)
    say(`tuned, medians of its parts: ${split.join(', ')}`)
    return result
  })
}

const LOOK_EVERY_MS = 500

async function naiveBoot(stage: Stage, { product, signal }: BenchOptions): Promise<number> {
  const index = stage.takeIndex()
  const ground: Ground = stage.ground(product)
  const holdings = new Holdings(ground, `drill-${ground.runId}-${index}`)
  try {
    const startedMs = performance.now()
    const topology = topologyOf({
      nodes: 3,
      address: addressIn(ground.address, index),
      aws: stage.awsInside,
    })
    const authority = await createAuthority('vault-drill bench')
    const { seal } = await stage.seal(index, signal)
    const nodes: Node[] = []
    for (const plan of topology.nodes) {
      const pod = await startPod(ground, holdings, plan, [API_PORT], signal)
      const node = await startServer(ground, holdings, pod, {
        product,
        clusterName: `drill-${ground.runId}-${index}`,
        multiplier: 1,
        seal,
        needs: {},
        authority,
        retryJoin: topology.nodes.map(({ name }) => name),
        autopilot: 'default',
      })
      nodes.push(node)
    }
    const [first] = nodes as [Node]
    await eventually(async () => (await first.health()).state === 'uninitialized', signal)
    const { rootToken } = await initialize(first.client, {
      recoveryShares: 5,
      recoveryThreshold: 3,
      within: seconds(30),
    })
    const root = first.client.withToken(rootToken)
    await eventually(async () => (await first.health()).state === 'leader', signal)
    await eventually(async () => {
      const state = await autopilotState(root)
      return state?.healthy === true && state.voters.length === 3
    }, signal)
    await mountKv(root, { maxVersions: 10 })
    await writeSecret(root, 'bench/ready', { ready: true })
    return performance.now() - startedMs
  } finally {
    await holdings.removeAll()
  }
}

/** @throws after two minutes. */
async function eventually(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now()
  while (!(await isSo().catch(() => false))) {
    signal.throwIfAborted()
    if (performance.now() - startedMs > 120_000) throw new Error('the naive start never ended')
    await sleep(LOOK_EVERY_MS)
  }
}
