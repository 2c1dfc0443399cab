import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { limitsOf, NO_MEMORY_LIMIT, usageOf } from '../stack/resources.ts'
import { isVisible, runningServer, type Server, untilGone } from './end-process.ts'
import { aimed, type Fault, type FaultKind, type FaultPlan, numberGiven } from './fault.ts'
import { type Leadership, leadershipOf, lossSeen } from './loss.ts'
import { oneNode, type Target, targetText } from './target.ts'

/**
 * Faults by limits of the server's cgroup. The engine writes them in the files of version 1 or 2
 * of cgroups and counts by them, so both are the same to us.
 */

const MIB = 1024 * 1024
/** Less than the engine accepts makes no limit. */
const LEAST_LIMIT = 8 * MIB
/** Servers take bodies of up to 32 MiB. */
const BODY_BYTES = 16 * MIB
const AT_ONCE = 4
const PERIOD_US = 100_000
const WATCHED = milliseconds(500)
/** The engine's word for "no limit" of swap and CPU: 0 would change nothing. */
const NONE = -1

export type OutOfMemoryPlan = FaultPlan &
  Server &
  Leadership & { readonly headroomBytes: number; readonly limitBefore: number }

export type CpuPlan = FaultPlan &
  Server & { readonly quotaUs: number; readonly quotaBefore: number }

const OUT_OF_MEMORY: FaultKind<OutOfMemoryPlan> = {
  name: 'out-of-memory',
  family: 'process',
  does: 'the memory of the server is limited just above what it uses, and large requests make it need more, until the kernel kills it',
  witnessed:
    'the engine passes on that the out-of-memory killer of the kernel ended it (OOMKilled), with exit code 137; of a leader: another node leads in a later term',
  cannotShow: 'a host short of memory: the kernel there may choose another victim, or swap',
  source: '-',
  final: false,
  targets: ['standby', 'leader', 'random', '<node>'],
  parameters: {
    headroomMiB: { default: 12, says: 'what it may use more than when the fault begins' },
  },
  needs: ['memory-limit'],
  async plan(cluster, { target, given }, seed) {
    const node = await oneNode(cluster, target, seed)
    const server = await runningServer(node)
    const { memoryBytes } = await limitsOf(cluster.docker.engine, server.container)
    return {
      target: node.name,
      touches: [server.container],
      ...server,
      ...(await leadershipOf(cluster)),
      headroomBytes: numberGiven({ target, given }, 'headroomMiB') * MIB,
      limitBefore: memoryBytes,
    }
  },
  async inject(cluster, plan, { clock, signal }) {
    const { docker } = cluster
    const { vault } = cluster.node(plan.target)
    const { memoryBytes } = await usageOf(docker.engine, plan.container)
    const limit = Math.max(memoryBytes + plan.headroomBytes, LEAST_LIMIT)
    const visible = isVisible(docker, plan)
    const issued = clock.now()
    await vault.limit({ Memory: limit, MemorySwap: limit })
    const enough = new AbortController()
    const pressure = press(cluster, plan.target, AbortSignal.any([signal, enough.signal]))
    try {
      return { issued, proven: await untilGone(docker, plan, { visible, clock, signal }) }
    } finally {
      enough.abort()
      await pressure
    }
  },
  async witness(cluster, plan) {
    const { running, outOfMemory, exitCode } = await cluster.node(plan.target).vault.state()
    if (running) return notYet(`${plan.target} still runs`)
    if (!outOfMemory) return notYet(`${plan.target} ended with ${exitCode}, not for want of memory`)
    const told = `the engine reports OOMKilled and exit code ${exitCode}`
    return lossSeen(cluster, plan, [plan.target], told)
  },
  async heal({ engine }, { container, node, limitBefore }) {
    const server = new Container(engine, container, node)
    if (limitBefore === 0) {
      // A server that runs is told of no limit below zero, and refuses more memory than swap.
      await server.limit({ Memory: NO_MEMORY_LIMIT, MemorySwap: 2 * NO_MEMORY_LIMIT })
      await server.limit({ Memory: NO_MEMORY_LIMIT, MemorySwap: NONE })
    } else {
      await server.limit({ Memory: limitBefore, MemorySwap: limitBefore })
    }
    await server.start()
  },
  async residue({ engine }, { container, node, limitBefore }) {
    const { memoryBytes } = await limitsOf(engine, container)
    const { running } = await new Container(engine, container, node).state()
    return [
      ...(memoryBytes === limitBefore ? [] : [`${node} is limited to ${memoryBytes} bytes`]),
      ...(running ? [] : [`${node} is not running`]),
    ]
  },
}

const CPU_STARVED: FaultKind<CpuPlan> = {
  name: 'cpu-starved',
  family: 'process',
  does: 'the server gets this share of one CPU and no more',
  witnessed: 'the periods in which the kernel made it wait grow in number',
  cannotShow: 'a busy host: the others are as quick as before',
  source: '-',
  final: false,
  targets: ['leader', 'standby', 'random', '<node>'],
  parameters: { quotaPercent: { default: 5, says: 'share of one CPU, at least 1' } },
  needs: ['cpu-quota'],
  async plan(cluster, { target, given }, seed) {
    const node = await oneNode(cluster, target, seed)
    const server = await runningServer(node)
    const { cpuQuotaUs } = await limitsOf(cluster.docker.engine, server.container)
    const percent = Math.max(1, numberGiven({ target, given }, 'quotaPercent'))
    return {
      target: node.name,
      touches: [server.container],
      ...server,
      quotaUs: (PERIOD_US * percent) / 100,
      quotaBefore: cpuQuotaUs,
    }
  },
  async inject(cluster, plan, { clock, signal }) {
    const { engine } = cluster.docker
    const before = await usageOf(engine, plan.container)
    const issued = clock.now()
    await cluster
      .node(plan.target)
      .vault.limit({ CpuPeriod: PERIOD_US, CpuQuota: Math.round(plan.quotaUs) })
    const proven = await until(
      `${plan.target} has to wait for CPU time`,
      async () => {
        const { throttledPeriods } = await usageOf(engine, plan.container)
        return throttledPeriods > before.throttledPeriods ? happened(clock.now()) : notYet('never')
      },
      { within: seconds(30), every: milliseconds(20), signal },
    )
    return { issued, proven }
  },
  async witness(cluster, plan) {
    const { engine } = cluster.docker
    const before = await usageOf(engine, plan.container)
    await sleep(WATCHED.ms)
    const after = await usageOf(engine, plan.container)
    const waited = after.throttledPeriods - before.throttledPeriods
    if (waited <= 0) return notYet(`${plan.target} had to wait in no period of ${WATCHED.ms} ms`)
    const usedMs = Math.round((after.cpuNs - before.cpuNs) / 1e6)
    return happened(
      `the kernel made it wait in ${waited} periods of ${WATCHED.ms} ms, in which it got ${usedMs} ms of CPU`,
    )
  },
  async heal({ engine }, { container, node, quotaBefore }) {
    const quota = quotaBefore === 0 ? NONE : quotaBefore
    await new Container(engine, container, node).limit({ CpuQuota: quota })
  },
  async residue({ engine }, { container, node, quotaBefore }) {
    const { cpuQuotaUs } = await limitsOf(engine, container)
    return cpuQuotaUs === quotaBefore ? [] : [`${node} has a CPU quota of ${cpuQuotaUs} us`]
  },
}

/**
 * Requests whose bodies the server has to hold as a whole before it can refuse them; they need
 * no token. Ends when it is aborted.
 */
async function press(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const { client } = cluster.node(name)
  const body = { input: 'A'.repeat(BODY_BYTES) }
  const worker = async () => {
    while (!signal.aborted) {
      await client.request('POST', 'sys/tools/hash', { body, within: seconds(5), signal }).catch(
        () => sleep(50), // refused, or cut off by the death that is wanted
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

export const LIMIT_FAULTS: readonly FaultKind[] = [OUT_OF_MEMORY, CPU_STARVED]

/** Killed by the kernel for want of memory. */
export const outOfMemory = (node: Target): Fault<OutOfMemoryPlan> =>
  aimed(OUT_OF_MEMORY, targetText(node))

/** Slow, not dead. */
export const cpuStarved = (node: Target, quotaPercent?: number): Fault<CpuPlan> =>
  aimed(CPU_STARVED, targetText(node), quotaPercent === undefined ? {} : { quotaPercent })
