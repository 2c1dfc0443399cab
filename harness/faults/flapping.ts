import { API_PORT } from '../cluster/topology.ts'
import { seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container, statusOf } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { removeToolbox, runTool, type ToolboxSpec, toolbox } from '../stack/toolbox.ts'
import {
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  numberGiven,
} from './fault.ts'
import { type Leadership, leadershipOf } from './loss.ts'

/**
 * A leadership that does not settle. What makes it flap runs in a container of its own, so that it
 * goes on whatever becomes of the process that started it, and ends when that container does.
 */

export type FlappingPlan = FaultPlan &
  Leadership & { readonly flapper: ToolboxSpec; readonly everyMs: number }

const FLAPPING: FaultKind<FlappingPlan> = {
  name: 'leader-flapping',
  family: 'leadership',
  does: 'whoever leads is told to step down again and again, until this is healed',
  witnessed: 'a node leads, in a term that is later by two or more than at the start',
  cannotShow: 'crashes in a row: nobody has to notice anything',
  source: 'HLD:873-877',
  final: false,
  targets: ['leader'],
  parameters: { everyMs: { default: 10_000, says: 'time from one step-down to the next' } },
  needs: [],
  async plan(cluster, { target, given }) {
    if (target !== 'leader') throw new CannotPlan(`"${target}" cannot flap, the leader can`)
    const pod = cluster.toolbox('operator')
    const flapper = { ...pod, name: `${pod.name}-flapper` }
    if (await isThere(cluster.docker, flapper)) {
      throw new CannotPlan('the leadership flaps already')
    }
    const everyMs = numberGiven({ target, given }, 'everyMs')
    return {
      target: 'leader',
      touches: cluster.nodes.map(({ vault }) => vault.id),
      flapper,
      everyMs,
      ...(await leadershipOf(cluster)),
    }
  },
  async inject(cluster, { flapper, everyMs, leaderBefore, termBefore }, { clock, signal }) {
    const { engine } = cluster.docker
    const box = await toolbox(engine, flapper)
    const token = cluster.onNode(cluster.node(leaderBefore)).token?.reveal()
    const nodes = cluster.nodes.map(({ name }) => ({ name, host: cluster.pod(name).plan.ip }))
    const about = { token, nodes, port: API_PORT, everyMs, ca: cluster.authority?.ca }
    await box.put([
      { path: '/drill/flapper.py', content: FLAPPER },
      { path: '/drill/flapper.json', content: JSON.stringify(about), mode: 0o600 },
    ])
    const issued = clock.now()
    await runTool(engine, flapper, 'nohup python3 /drill/flapper.py >/drill/log 2>&1 &')
    const proven = await until(
      'the term has risen',
      async () => {
        const term = await cluster.term()
        return term > termBefore ? happened(clock.now()) : notYet(`the term is ${term}`)
      },
      { within: seconds(30), signal },
    )
    return { issued, proven }
  },
  async witness(cluster, { leaderBefore, termBefore }) {
    const leader = await cluster.leader()
    const term = await cluster.term()
    const told = `${leader.name} leads in term ${term}, ${leaderBefore} in ${termBefore} before`
    return term >= termBefore + 2 ? happened(told) : notYet(told)
  },
  async heal({ engine }, { flapper }) {
    await removeToolbox(engine, flapper)
  },
  async residue(docker, { flapper }) {
    return (await isThere(docker, flapper)) ? [`container ${flapper.name} is there`] : []
  },
}

async function isThere({ engine }: Docker, { name }: ToolboxSpec): Promise<boolean> {
  return new Container(engine, name, name)
    .state()
    .then(() => true)
    .catch((error) => {
      if (statusOf(error) === 404) return false
      throw error
    })
}

/** A slot that finds no leader is passed over; the next one comes at its time. */
const FLAPPER = `
import json, os, socket, ssl, time

about = json.load(open('/drill/flapper.json'))
os.unlink('/drill/flapper.json')  # it holds a token
context = None
if about.get('ca'):
    context = ssl.create_default_context(cadata=about['ca'])
    context.verify_flags &= ~getattr(ssl, 'VERIFY_X509_STRICT', 0)

def ask(node, method, path):
    link = socket.create_connection((node['host'], about['port']), 1)
    with context.wrap_socket(link, server_hostname=node['name']) if context else link as link:
        link.settimeout(5)
        lines = [f'{method} /v1/{path} HTTP/1.0', f"Host: {node['name']}", 'Content-Length: 0']
        lines.append(f"X-Vault-Token: {about['token']}")
        link.sendall(('\\r\\n'.join(lines) + '\\r\\n\\r\\n').encode())
        return int(link.recv(64).split()[1])

def step_down():
    for node in about['nodes']:
        try:
            if ask(node, 'GET', 'sys/health') == 200:
                print(node['name'], ask(node, 'PUT', 'sys/step-down'), flush=True)
                return
        except (OSError, IndexError, ValueError) as error:
            print(node['name'], error, flush=True)

start = time.monotonic()
for n in range(1, 1000000):
    step_down()
    time.sleep(max(0, start + n * about['everyMs'] / 1000 - time.monotonic()))
`

export const FLAPPING_FAULTS: readonly FaultKind[] = [FLAPPING]

/** The leader steps down every so often, for as long as this is in force. */
export const leaderFlapping = (everyMs?: number): Fault<FlappingPlan> =>
  aimed(FLAPPING, 'leader', everyMs === undefined ? {} : { everyMs })
