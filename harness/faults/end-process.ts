import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { Ns } from '../lib/clock.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, NeverHappened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { belongsTo, isAlive } from '../stack/host-process.ts'
import { CannotPlan, type Effect, type Injection } from './fault.ts'

/** How the process of a server is ended, whichever fault does it. */

/** The server of a node as it runs now. */
export type Server = { readonly node: string; readonly container: string; readonly pid: number }

/** @throws {CannotPlan} when it does not run or is not there. */
export async function runningServer({ name, vault }: Node): Promise<Server> {
  if ((await vault.labelsIfThere()) === undefined) {
    throw new CannotPlan(`${name} has no container any more`)
  }
  const { pid, running } = await vault.state()
  if (!running) throw new CannotPlan(`${name} does not run`)
  return { node: name, container: vault.id, pid }
}

/** Without it every fault would hit the same phase of the heartbeat and bias the recovery time. */
export async function randomHeartbeatPhase(
  cluster: Cluster,
  target: string,
  { seed, signal, clock }: Injection,
): Promise<void> {
  const phaseMs = seed.fraction(`heartbeat phase ${target}`) * cluster.heartbeat.ms
  const startedAt = clock.now()
  await until(
    'the random phase of a heartbeat has passed',
    () => {
      const left = phaseMs - clock.elapsedMs(startedAt)
      return left <= 0 ? happened(true) : notYet(`${Math.ceil(left)} ms are left`)
    },
    { within: seconds(60), every: milliseconds(Math.max(1, Math.min(phaseMs, 50))), signal },
  )
}

/**
 * With a local engine the signal goes to the host pid and the kernel says when the process is
 * gone: some milliseconds. The engine's own answer may come a second late under load.
 */
export async function endProcess(
  docker: Docker,
  server: Server,
  signal: 'SIGKILL' | 'SIGTERM',
  { clock, signal: abort }: Injection,
): Promise<Effect> {
  const visible = isVisible(docker, server)
  const issued = clock.now()
  if (visible && maySignal(server.pid)) process.kill(server.pid, signal)
  else await new Container(docker.engine, server.container, server.node).signal(signal)
  const proven = await untilGone(docker, server, { visible, clock, signal: abort })
  return { issued, proven }
}

/**
 * When the process was seen to be gone.
 * @param visible whether it was a process of this host before it was ended: then the kernel says
 *   so, else the engine.
 */
export async function untilGone(
  docker: Docker,
  { node, container, pid }: Server,
  { visible, clock, signal }: Pick<Injection, 'clock' | 'signal'> & { readonly visible: boolean },
): Promise<Ns> {
  const asked = new Container(docker.engine, container, node)
  return until<Ns>(
    `the process of ${node} is gone`,
    async () => {
      if (visible) return isAlive(pid) ? notYet(`pid ${pid} is alive`) : happened(clock.now())
      const { running } = await asked.state()
      return running ? notYet('the engine says it runs') : happened(clock.now())
    },
    { within: seconds(30), every: milliseconds(1), signal },
  )
}

/** The kernel ends a process at once; one that was asked to leave took up to 10 s. */
const LEAVES_WITHIN = { SIGKILL: seconds(3), SIGTERM: seconds(30) }

/**
 * Starts it again. While it still is the process of the plan it may have been told to end by
 * somebody who died then: it gets the time for that, or it would end once it counts as healed.
 */
export async function startAgain(
  { engine }: Docker,
  { node, container, pid }: Server,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
): Promise<void> {
  const server = new Container(engine, container, node)
  const look = async () => {
    const state = await server.state()
    return state.running && state.pid === pid ? notYet(`pid ${pid} runs`) : happened(true)
  }
  const options = { within: LEAVES_WITHIN[signal], every: milliseconds(20) }
  await until(`the process of ${node} has ended`, look, options).catch((error) => {
    if (!(error instanceof NeverHappened)) throw error // nobody has told it
  })
  await server.start()
}

/** Guards against a pid that was used again: only a process of that container is signalled. */
export const isVisible = ({ facts }: Docker, { pid, container }: Server): boolean =>
  facts.local && pid > 1 && isAlive(pid) && belongsTo(pid, container)

/** A member of the group `docker` may use the engine and yet not signal root's processes. */
function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false // EPERM; a process that is gone meanwhile is the engine's to find missing
  }
}
