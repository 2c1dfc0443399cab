import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import { randomHeartbeatPhase, runningServer, type Server } from './end-process.ts'
import { aimed, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

export type RestartPlan = FaultPlan & Server & { readonly startedAt: string }

/** What an unattended upgrade of the host does to a server. */
const RESTART: FaultKind<RestartPlan> = {
  name: 'restart',
  family: 'process',
  does: 'SIGTERM to the server, SIGKILL after 10 s, and a new start at once, by the engine',
  witnessed: 'the engine names another pid and a later start, and the node answers again',
  cannotShow: 'a crash: the server hands its leadership over before it leaves',
  source: '-',
  final: false,
  targets: ['leader', 'standby', 'random', '<node>'],
  parameters: {},
  needs: [],
  async plan(cluster, { target }, seed) {
    const node = await oneNode(cluster, target, seed)
    const { startedAt } = await node.vault.state()
    const server = await runningServer(node)
    return { target: node.name, touches: [server.container], ...server, startedAt }
  },
  async inject(cluster, plan, context) {
    await randomHeartbeatPhase(cluster, plan.target, context)
    const { vault } = cluster.node(plan.target)
    const { clock, signal } = context
    const issued = clock.now()
    await vault.restart(10)
    const proven = await until(
      `${plan.target} runs anew`,
      async () => {
        const { running, startedAt } = await vault.state()
        return running && startedAt !== plan.startedAt
          ? happened(clock.now())
          : notYet(`it runs since ${startedAt}`)
      },
      { within: seconds(30), every: milliseconds(10), signal },
    )
    return { issued, proven }
  },
  async witness(cluster, plan) {
    const node = cluster.node(plan.target)
    const { running, pid, startedAt } = await node.vault.state()
    if (!running) return notYet(`${plan.target} does not run`)
    if (startedAt === plan.startedAt) return notYet(`${plan.target} runs since ${startedAt}`)
    const { status } = await node.health()
    if (![200, 429].includes(status)) return notYet(`${plan.target} answers ${status}`)
    const before = `before ${plan.pid} since ${plan.startedAt}`
    return happened(`pid ${pid} runs since ${startedAt}, ${before}, and answers ${status}`)
  },
  async heal({ engine }, { container, node }) {
    await new Container(engine, container, node).start() // it may have been cut off half-way
  },
  async residue({ engine }, { container, node }) {
    const { running } = await new Container(engine, container, node).state()
    return running ? [] : [`${node} is not running`]
  },
}

export const RESTART_FAULTS: readonly FaultKind[] = [RESTART]

export const restarted = (node: Target): Fault<RestartPlan> => aimed(RESTART, targetText(node))
