import { answersThrough } from '../cluster/answers-through.ts'
import { reloadBalancer } from '../cluster/balancer-reload.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { API_PORT } from '../cluster/topology.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, type Look, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { CONFIGURATION, withNobody, withOnly, withoutChecks } from '../stack/haproxy.ts'
import { dialsFrom } from './dials.ts'
import { endProcess } from './end-process.ts'
import {
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type Injection,
} from './fault.ts'
import { oneNode } from './target.ts'

/** Faults of the clients' only way in. The nodes themselves are well. */

const TARGET = 'balancer'
/** Stands first in a configuration that a fault has changed. */
const MARK = '# changed by the fault '

export type BalancerKillPlan = FaultPlan & { readonly container: string; readonly pid: number }

const KILL: FaultKind<BalancerKillPlan> = {
  name: 'balancer-kill',
  family: 'balancer',
  does: 'SIGKILL to the balancer: every connection of a client breaks, no new one is made',
  witnessed: 'the engine reports exit code 137, and inside its pod a connection is refused',
  cannotShow: 'a second balancer taking over its address: there is only this one',
  source: 'RB:50-52',
  final: false,
  targets: [TARGET],
  parameters: {},
  needs: [],
  async plan({ balancer }) {
    const { running, pid } = await balancer.state()
    if (!running) throw new CannotPlan('the balancer does not run')
    return { target: TARGET, touches: [balancer.id], container: balancer.id, pid }
  },
  inject({ docker }, { container, pid }, context) {
    return endProcess(docker, { node: TARGET, container, pid }, 'SIGKILL', context)
  },
  async witness(cluster) {
    const { running, exitCode } = await cluster.balancer.state()
    if (running) return notYet('the balancer runs')
    const { ip } = cluster.pod('balancer').plan
    const dial = { host: ip, port: API_PORT, speaks: 'nothing' } as const
    const [dialled] = await dialsFrom(cluster.docker, cluster.toolbox('balancer'), [dial])
    const seen = `the engine reports exit code ${exitCode}; a connection to it: ${dialled?.what}`
    return exitCode === 137 && dialled?.what === 'refused' ? happened(seen) : notYet(seen)
  },
  async heal({ engine }, { container }) {
    await new Container(engine, container, TARGET).start()
  },
  async residue({ engine }, { container }) {
    const { running } = await new Container(engine, container, TARGET).state()
    return running ? [] : ['the balancer is not running']
  },
}

export type BalancerConfigurationPlan = FaultPlan & {
  readonly container: string
  /** Its configuration as it was, and as the fault has it. No secret is in it. */
  readonly before: string
  readonly during: string
}

const NO_CHECK = reconfigured(
  {
    name: 'balancer-no-check',
    does: 'takes the health checks out of the balancer: it sends clients to any node',
    witnessed: 'fresh connections through the balancer get answers of nodes that do not lead',
    cannotShow: 'harm while all nodes serve: standbys forward what they are sent',
    source: 'RB:74',
    targets: [TARGET],
  },
  async () => ({ target: TARGET, change: withoutChecks }),
  async (cluster) => {
    const answers = await answersThrough(cluster, 6)
    const other = answers.filter((answer) => /^\d+$/.test(answer) && answer !== '200')
    const seen = `of ${answers.length} fresh connections through the balancer the answers were ${answers.join(', ')}`
    return other.length > 0 ? happened(seen) : notYet(seen)
  },
)

const WRONG_BACKENDS = reconfigured(
  {
    name: 'balancer-wrong-backends',
    does: 'the balancer knows no node any more (`nowhere`), or only one that does not lead',
    witnessed: 'no fresh connection through the balancer is answered, while a node leads',
    cannotShow: 'what clients do that know the nodes themselves',
    source: 'RB:48-52',
    targets: ['nowhere', 'standby', '<node>'],
  },
  async (cluster, target, seed) => {
    if (target === 'nowhere') return { target, change: withNobody }
    const node = await oneNode(cluster, target, seed)
    if (node === (await cluster.leader())) {
      throw new CannotPlan(`${node.name} leads: with it alone clients are served`)
    }
    return { target: node.name, change: (before) => withOnly(before, node.name) }
  },
  async (cluster) => {
    const answers = await answersThrough(cluster, 3)
    const healths = await Promise.all(
      cluster.nodes.map((node) => node.health().catch(() => undefined)),
    )
    const leader = healths.find((health) => health?.status === 200)
    const seen = `fresh connections through the balancer: ${answers.join(', ')}; ${leader?.node ?? 'nobody'} leads`
    const unanswered = answers.every((answer) => !/^\d+$/.test(answer))
    return unanswered && leader !== undefined ? happened(seen) : notYet(seen)
  },
)

export const BALANCER_FAULTS: readonly FaultKind[] = [KILL, NO_CHECK, WRONG_BACKENDS]

/** The clients' way in is gone, the nodes are well. */
export const balancerKilled = (): Fault<BalancerKillPlan> => aimed(KILL)

/** Clients are sent to any node: leader, standby, sealed or dead. */
export const balancerUnchecking = (): Fault<BalancerConfigurationPlan> => aimed(NO_CHECK)

/** Clients are sent nowhere, or to a node that does not lead. */
export const balancerMisled = (to: string = 'nowhere'): Fault<BalancerConfigurationPlan> =>
  aimed(WRONG_BACKENDS, to)

type Told = Pick<FaultKind, 'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'targets'>
type Change = { readonly target: string; readonly change: (before: string) => string }

/** A fault by another configuration, with a reload, as an operator would make the mistake. */
function reconfigured(
  told: Told,
  choose: (cluster: Cluster, target: string, seed: Injection['seed']) => Promise<Change>,
  look: (cluster: Cluster) => Promise<Look<string>>,
): FaultKind<BalancerConfigurationPlan> {
  const own = `${MARK}${told.name}`
  return {
    ...told,
    family: 'balancer',
    final: false,
    parameters: {},
    needs: [],
    async plan(cluster, aim, seed) {
      const { balancer } = cluster
      if (!(await balancer.state()).running) throw new CannotPlan('the balancer does not run')
      const { target, change } = await choose(cluster, aim.target, seed)
      const before = await balancer.read(CONFIGURATION)
      // What one of them restores must be the truth, whichever is healed first.
      const [first = ''] = before.split('\n')
      if (first.startsWith(MARK) && first !== own) {
        throw new CannotPlan(`the configuration of the balancer says "${first}"`)
      }
      return {
        target,
        touches: [balancer.id],
        container: balancer.id,
        before,
        during: `${own}\n${change(before)}`,
      }
    },
    async inject(cluster, { before, during }, { clock, signal }) {
      if (before.startsWith(MARK)) throw new CannotPlan('the balancer is changed already')
      const issued = clock.now()
      await reloadBalancer(cluster.balancer, during)
      // A client dials anew and sees it: the worker before is gone or going.
      await until(`clients see ${told.name}`, () => look(cluster), {
        within: seconds(15),
        every: milliseconds(20),
        signal,
      })
      return { issued, proven: clock.now() }
    },
    witness: look,
    async heal({ engine }, { container, before }) {
      // Also when the file is right: it may have been put there by one who died before the reload.
      await reloadBalancer(new Container(engine, container, TARGET), before)
    },
    async residue({ engine }, { container, before }) {
      const now = await new Container(engine, container, TARGET).read(CONFIGURATION)
      return now === before ? [] : ["the balancer's configuration is not the one before"]
    },
  }
}
