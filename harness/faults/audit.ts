import type { Cluster } from '../cluster/cluster.ts'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { happened, notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import {
  aimed,
  CannotPlan,
  type Effect,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type Injection,
  numberGiven,
} from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

/**
 * Faults of an audit device. `sys/health` is not audited, so every witness asks both: that, and a
 * call that has to leave an entry before it may be answered.
 */

export type AuditPlan = FaultPlan & {
  readonly container: string
  readonly tools: ToolboxSpec
}
export type LaggingPlan = AuditPlan & { readonly kibPerSecond: number }

const PACE = '/audit/.pace'

const BLOCKED: FaultKind<AuditPlan> = {
  name: 'audit-blocked',
  family: 'audit',
  does: 'the reader of the pipe that is the audit device reads no more',
  witnessed: 'entries stand unread in the pipe and none arrives in its file for half a second',
  cannotShow: 'a pipe that nobody has open: that one fails at once instead of waiting',
  source: 'HLD:703-740',
  final: false,
  targets: ['leader', '<node>'],
  parameters: {},
  needs: [],
  plan: (cluster, { target }, seed) => pipeOf(cluster, target, seed),
  inject: (cluster, plan, { clock }) => pace(cluster, plan, 0, clock),
  async witness(cluster, plan) {
    const { seen, unread, grownBytes, asked } = await watchPipe(cluster, plan)
    return unread.every((bytes) => bytes > 0) && grownBytes === 0
      ? happened(`${seen}; ${asked}`)
      : notYet(seen)
  },
  heal: fullPace,
  residue: paceLeft,
}

const LAGGING: FaultKind<LaggingPlan> = {
  name: 'audit-lagging',
  family: 'audit',
  does: 'the reader of the pipe that is the audit device takes only so many KiB a second',
  witnessed: 'entries stand unread in the pipe all the time while its file grows at that pace',
  cannotShow: 'a slow disk: the server waits for a reader here, not for the kernel to sync',
  source: 'HLD:703-740',
  final: false,
  targets: ['leader', '<node>'],
  parameters: { kibPerSecond: { default: 8, says: 'what the reader takes' } },
  needs: [],
  plan: async (cluster, aim, seed) => ({
    ...(await pipeOf(cluster, aim.target, seed)),
    kibPerSecond: Math.max(1, numberGiven(aim, 'kibPerSecond')),
  }),
  inject: (cluster, plan, { clock }) => pace(cluster, plan, plan.kibPerSecond, clock),
  async witness(cluster, plan) {
    const { seen, unread, grownBytes, asked } = await watchPipe(cluster, plan)
    // In half a second, and a piece of one KiB may fall in at either end.
    const most = (plan.kibPerSecond * 1024) / 2 + 2048
    return unread.every((bytes) => bytes > 0) && grownBytes > 0 && grownBytes <= most
      ? happened(`${seen}; ${asked}`)
      : notYet(seen)
  },
  heal: fullPace,
  residue: paceLeft,
}

const LOG = '/audit/audit.log'
const ASIDE = '/audit/audit.log.aside'

const GONE: FaultKind<AuditPlan> = {
  name: 'audit-gone',
  family: 'audit',
  does: 'the audit file is moved away, a folder takes its path, and SIGHUP makes the server reopen it',
  witnessed:
    'a call that is audited leaves no entry, neither at the path nor in the file moved away',
  cannotShow: 'a file that is merely moved: the server goes on writing to it until SIGHUP',
  source: 'HLD:703-740',
  final: false,
  targets: ['leader', '<node>'],
  parameters: {},
  needs: [],
  plan: (cluster, { target }, seed) => audited(cluster, target, seed, 'file'),
  async inject({ docker: { engine } }, { container, tools, target }, { clock }) {
    const issued = clock.now()
    await runTool(engine, tools, `mv ${LOG} ${ASIDE} && mkdir ${LOG}`)
    await new Container(engine, container, target).signal('SIGHUP')
    return { issued, proven: clock.now() }
  },
  async witness(cluster, plan) {
    const size = `[ -d ${LOG} ] || { echo there; exit; }; stat -c %s ${ASIDE}`
    const ask = () => runTool(cluster.docker.engine, plan.tools, size)
    const before = (await ask()).trim()
    if (before === 'there') return notYet('the audit file is at its path')
    const asked = await askAudited(cluster, plan.target)
    const grown = Number((await ask()).trim()) - Number(before)
    if (grown > 0) return notYet(`the file that was moved away still grew by ${grown} bytes`)
    // A server that answers nobody writes no entry either.
    if (!/health is \d+$/.test(asked)) return notYet(asked)
    return happened(`a folder is at the path and no entry was written; ${asked}`)
  },
  async heal({ engine }, { container, tools, target }) {
    // A server that could not open it may have made nothing there; the folder is empty.
    await runTool(engine, tools, `[ ! -e ${ASIDE} ] || { rmdir ${LOG}; mv ${ASIDE} ${LOG}; }`)
    const server = new Container(engine, container, target)
    if ((await server.state()).running) await server.signal('SIGHUP')
    else await server.start()
  },
  async residue({ engine }, { tools, target }) {
    const script = `for f in ${ASIDE}; do [ ! -e $f ] || echo $f; done`
    const left = (await runTool(engine, tools, script)).trim()
    return left === '' ? [] : [`${left} is still on the audit volume of ${target}`]
  },
}

export const AUDIT_FAULTS: readonly FaultKind[] = [BLOCKED, LAGGING, GONE]

/** Nobody reads the pipe that is its audit device; needs a cluster with `audit: 'piped'`. */
export const auditBlocked = (node: Target): Fault<AuditPlan> => aimed(BLOCKED, targetText(node))

/** The reader of its audit pipe is slow; needs a cluster with `audit: 'piped'`. */
export const auditLagging = (
  node: Target,
  given: { readonly kibPerSecond?: number } = {},
): Fault<LaggingPlan> => aimed(LAGGING, targetText(node), given)

/** Its audit file cannot be opened any more; needs a cluster with `audit: 'small'`. */
export const auditGone = (node: Target): Fault<AuditPlan> => aimed(GONE, targetText(node))

const pipeOf = (cluster: Cluster, target: string, seed: Parameters<typeof oneNode>[2]) =>
  audited(cluster, target, seed, 'pipe')

async function audited(
  cluster: Cluster,
  target: string,
  seed: Parameters<typeof oneNode>[2],
  by: 'pipe' | 'file',
): Promise<AuditPlan> {
  const node = await oneNode(cluster, target, seed)
  const isPlain = cluster.facts.standbyReads === 'forwarded' && node !== (await cluster.leader())
  if (isPlain) throw new CannotPlan(`${node.name} forwards its calls, so the leader audits them`)
  const tools = cluster.auditTools(node)
  const test = by === 'pipe' ? '[ -p /audit/pipe ]' : '[ ! -p /audit/pipe ]'
  const is = tools && (await runTool(cluster.docker.engine, tools, `${test} && echo yes || true`))
  if (tools === undefined || is?.trim() !== 'yes') {
    const needed = by === 'pipe' ? "'piped'" : "'small'"
    throw new CannotPlan(`its audit device is no ${by} on a volume; start it with audit: ${needed}`)
  }
  return { target: node.name, touches: [node.vault.id], container: node.vault.id, tools }
}

async function pace(
  { docker: { engine } }: Cluster,
  { tools }: AuditPlan,
  kibPerSecond: number,
  clock: Injection['clock'],
): Promise<Effect> {
  const issued = clock.now()
  // In one go: a reader that finds half a number would take it.
  await runTool(engine, tools, `echo ${kibPerSecond} > ${PACE}.new && mv ${PACE}.new ${PACE}`)
  return { issued, proven: clock.now() }
}

async function fullPace({ engine }: Docker, { tools }: AuditPlan): Promise<void> {
  await runTool(engine, tools, `rm -f ${PACE} ${PACE}.new`)
}

async function paceLeft(
  { engine }: Docker,
  { tools, target }: AuditPlan,
): Promise<readonly string[]> {
  const left = (await runTool(engine, tools, `[ ! -e ${PACE} ] || cat ${PACE}`)).trim()
  // The pattern does not find itself.
  const alive = `grep -lqs '[r]eader.py' /proc/[0-9]*/cmdline && echo yes || true`
  const isAlive = (await runTool(engine, tools, alive)).trim() === 'yes'
  return [
    ...(left === '' ? [] : [`the audit reader of ${target} is still held to ${left} KiB/s`]),
    ...(isAlive ? [] : [`nobody reads the audit pipe of ${target}`]),
  ]
}

/** FIONREAD on the pipe, from a process that takes nothing out of it; sizes of what arrived. */
const WATCH = `python3 - <<'END'
import array, fcntl, os, termios, time
pipe = os.open("/audit/pipe", os.O_RDONLY | os.O_NONBLOCK)
unread, before = [], os.stat("/audit/audit.log").st_size
for _ in range(5):
    time.sleep(0.1)
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    unread.append(count[0])
print(os.stat("/audit/audit.log").st_size - before, *unread)
END`

async function watchPipe(
  cluster: Cluster,
  plan: AuditPlan,
): Promise<{
  readonly seen: string
  readonly unread: readonly number[]
  readonly grownBytes: number
  readonly asked: string
}> {
  // Entries to stand there or to pass: without load nobody else makes any.
  const asking = Promise.all(Array.from({ length: 8 }, () => askAudited(cluster, plan.target)))
  const output = await runTool(cluster.docker.engine, plan.tools, WATCH)
  const [grownBytes = 0, ...unread] = output.trim().split(' ').map(Number)
  const [asked = ''] = await asking
  const least = Math.min(...unread)
  const seen = `at least ${least} bytes stood unread in the pipe of ${plan.target}, and its file grew by ${grownBytes} bytes in 0.5 s`
  return { seen, unread, grownBytes, asked }
}

/** What becomes of a call that is audited, beside one that is not. */
async function askAudited(cluster: Cluster, name: string): Promise<string> {
  const node = cluster.node(name)
  const health = await node.health().then(
    ({ status }) => String(status),
    (error) => (error instanceof RequestFailed ? error.code : String(error)),
  )
  const options = { within: seconds(1), accept: () => true }
  const call = await cluster
    .onNode(node)
    .request('GET', 'auth/token/lookup-self', options)
    .then(
      ({ status }) => String(status),
      (error) => (error instanceof RequestFailed ? error.code : String(error)),
    )
  return `an audited call got ${call} while health is ${health}`
}
