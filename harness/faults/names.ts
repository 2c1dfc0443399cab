import type { Cluster } from '../cluster/cluster.ts'
import { API_PORT } from '../cluster/topology.ts'
import { seconds } from '../lib/duration.ts'
import { happened, type Look, notYet, until } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import {
  type Aim,
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  textGiven,
} from './fault.ts'
import { quoted, seenInside } from './inside.ts'
import { oneNode, type Target, targetText } from './target.ts'

/**
 * Faults of the names by which one node finds the others and AWS. A pod's hosts file is shared by
 * all that live in it, so it is changed in place: a file put over it would be another one.
 *
 * The line before stands behind a mark in its own line, so each is found and restored to the
 * letter, whatever else was changed meanwhile.
 */

export type NamesPlan = FaultPlan & {
  readonly pod: string
  readonly tools: ToolboxSpec
  readonly names: readonly string[]
  /** What the names resolve to; absent: to nothing. */
  readonly address?: string
  readonly lines: readonly Edit[]
}

type Edit = { readonly before: string; readonly during: string }

const HOSTS = '/etc/hosts'
const RESOLVER = '/etc/resolv.conf'
/** Of the pod's own namespace; nobody listens there. */
const NOBODY = '127.0.1.250'
const MARK = ' # vault-drill: '

const NAME = {
  default: 'peers',
  says: 'whose: a node, `kms`, `s3`, or `peers` for all other nodes',
} as const

const GONE = changed(
  {
    name: 'name-gone',
    does: 'a name resolves to nothing on one node',
    witnessed: 'inside its namespace a resolver finds no address, so that nobody can dial it',
    cannotShow:
      'anything about connections that are open: they last, and Go reads the file anew only after 5 s',
    parameters: { name: NAME },
  },
  () => undefined,
)

const STALE = changed(
  {
    name: 'name-stale',
    does: 'a name resolves to an old address on one node',
    witnessed: 'inside its namespace a resolver gives that address, and nobody answers there',
    cannotShow:
      'anything about connections that are open: they last, and Go reads the file anew only after 5 s',
    parameters: {
      name: NAME,
      address: {
        default: NOBODY,
        says: 'the old address; at the usual one nobody listens, so it refuses at once',
      },
    },
  },
  (aim) => textGiven(aim, 'address'),
)

export const NAME_FAULTS: readonly FaultKind[] = [GONE, STALE]

/** On this node a name resolves to nothing: a peer's, `kms`, `s3`, or those of all peers. */
export const nameGone = (on: Target, name: string = NAME.default): Fault<NamesPlan> =>
  aimed(GONE, targetText(on), { name })

/** On this node a name still has the address of before. */
export const nameStale = (on: Target, name: string = NAME.default): Fault<NamesPlan> =>
  aimed(STALE, targetText(on), { name })

function changed(
  told: Pick<FaultKind, 'name' | 'does' | 'witnessed' | 'cannotShow' | 'parameters'>,
  addressOf: (aim: Aim) => string | undefined,
): FaultKind<NamesPlan> {
  return {
    ...told,
    family: 'names',
    source: '-',
    final: false,
    targets: ['leader', 'standby', 'random', '<node>'],
    needs: [],
    async plan(cluster, aim, seed) {
      const node = await oneNode(cluster, aim.target, seed)
      const names = namesMeant(cluster, node.name, textGiven(aim, 'name'))
      const address = addressOf(aim)
      const tools = cluster.toolbox(node.name)
      const hosts = await runTool(cluster.docker.engine, tools, `cat ${HOSTS}`)
      const lines = editsOf(hosts, names, address)
      return {
        target: node.name,
        touches: [node.pod.id],
        pod: node.pod.id,
        tools,
        names,
        ...(address === undefined ? {} : { address }),
        lines,
      }
    },
    async inject(cluster, plan, { clock, signal }) {
      const issued = clock.now()
      await edit(cluster.docker, plan, false)
      await until(`${plan.target} resolves differently`, () => look(cluster, plan), {
        within: seconds(30),
        signal,
      })
      return { issued, proven: clock.now() }
    },
    witness: look,
    async heal(docker, plan) {
      // A pod that does not run gets its hosts file anew when it starts.
      if (!(await isRunning(docker, plan))) return
      await edit(docker, plan, true)
    },
    async residue(docker, plan) {
      if (!(await isRunning(docker, plan))) return []
      const files = await runTool(docker.engine, plan.tools, `cat ${HOSTS} ${RESOLVER}`)
      const now = files.split('\n')
      const changed = plan.lines.filter(({ before, during }) => {
        return now.includes(during) || !now.includes(before)
      })
      const isNeeded = now.includes(`# needed by vault-drill: ${plan.names}`)
      return [
        ...changed.map(({ before }) => `the hosts file of ${plan.target} lacks "${before}"`),
        ...(isNeeded ? [`${plan.target} has no name server`] : []),
      ]
    },
  }
}

function namesMeant(cluster: Cluster, node: string, name: string): readonly string[] {
  const others = cluster.nodes.map((each) => each.name).filter((each) => each !== node)
  if (name === 'peers') return others
  if ([...others, 'kms', 's3'].includes(name)) return [name]
  throw new CannotPlan(
    `${node} has no name "${name}" to lose; it has ${others.join(', ')}, kms, s3`,
  )
}

/** @throws {CannotPlan} where a name has no line, or another fault has changed it already. */
function editsOf(
  hosts: string,
  names: readonly string[],
  address: string | undefined,
): readonly Edit[] {
  const lines = hosts.split('\n')
  return names.flatMap((name) => {
    const given = address === undefined ? '' : `${address}\t${name}`
    const own = lines
      .map((line) => line.split(MARK).at(-1) ?? line)
      .map((before, i) => ({ before, now: lines[i], during: `${given}${MARK}${before}` }))
      .filter(({ before }) => before.split(/\s+/).slice(1).includes(name))
    const foreign = own.find(({ before, now, during }) => now !== before && now !== during)
    if (own.length === 0) throw new CannotPlan(`no line of the hosts file names ${name}`)
    if (foreign !== undefined) throw new CannotPlan(`${name} is changed already: ${foreign.now}`)
    return own.map(({ before, during }) => ({ before, during }))
  })
}

/**
 * One program for both directions. The engine's name server knows the pods by their names, too, so
 * a name that is to be gone takes the name server with it; nothing else in a pod asks it. The last
 * fault that needs it gone brings it back.
 */
const EDIT = `
import fcntl, json, sys
wanted = json.loads(sys.argv[1])
mark, user = "${MARK}", "# needed by vault-drill: " + wanted["user"]

def marked(line):
    return "nameserver ${NOBODY}" + mark + line if line.startswith("nameserver") else line

def changed(path, change):
    with open(path, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = change(file.read().split("\\n"))
        file.seek(0)
        file.write("\\n".join(lines))
        file.truncate()

def hosts(lines):
    for each in wanted["lines"]:
        before, during = (each["before"], each["during"])[:: -1 if wanted["back"] else 1]
        lines = [during if line == before else line for line in lines]
    return lines

def resolver(lines):
    users = [line for line in lines if line.startswith("# needed by vault-drill: ")]
    rest = [line.split(mark)[-1] for line in lines if line not in users]
    users = [each for each in users if each != user] + ([] if wanted["back"] else [user])
    return users + [marked(line) if users else line for line in rest]

changed("${HOSTS}", hosts)
if wanted["gone"]:
    changed("${RESOLVER}", resolver)
`

async function edit({ engine }: Docker, plan: NamesPlan, back: boolean): Promise<void> {
  const { lines, names, address, tools } = plan
  const wanted = { lines, back, gone: address === undefined, user: names.join(',') }
  await runTool(engine, tools, `python3 -c ${quoted(EDIT)} ${quoted(JSON.stringify(wanted))}`)
}

/** One that was removed does not. */
async function isRunning({ engine }: Docker, { pod, target }: NamesPlan): Promise<boolean> {
  const container = new Container(engine, pod, `${target}-pod`)
  if ((await container.labelsIfThere()) === undefined) return false
  return (await container.state()).running
}

async function look(cluster: Cluster, plan: NamesPlan): Promise<Look<string>> {
  const wanted = plan.names.map((name) => [name, PORTS[name] ?? API_PORT] as const)
  const seen = await seenInside(cluster, plan.target, wanted)
  const told = seen.map(({ name, addresses, dialled }) => {
    return `${name} is ${addresses.join(', ') || 'nowhere'} (${dialled})`
  })
  const text = `on ${plan.target}: ${told.join('; ')}`
  const isSo = seen.every(({ addresses, dialled }) => {
    return addresses.join() === (plan.address ?? '') && dialled !== 'open'
  })
  return isSo ? happened(text) : notYet(text)
}

const PORTS: Readonly<Record<string, number>> = { kms: 4566, s3: 4566 }
