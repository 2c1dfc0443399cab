import { setTimeout as sleep } from 'node:timers/promises'
import { TOXIPROXY_PORT } from '../cluster/topology.ts'
import { runTool } from '../stack/toolbox.ts'
import { seen } from './bring-about.ts'
import { lookThrough } from './dials.ts'
import { aimed, BadAim, type Fault, type FaultKind, numberGiven } from './fault.ts'
import {
  eachPod,
  LINK_TARGETS,
  linksOf,
  linksText,
  linkText,
  onLivingPods,
  podsOf,
} from './link-target.ts'
import { disabled, type LinkPlan, setAll } from './links.ts'

/** Links that come and go. The rhythm is kept beside the pod and outlives the harness. */

export type FlappingLinkPlan = LinkPlan & { readonly periodMs: number; readonly mark: string }

/** Its last argument is a mark, by which anybody finds its process again. */
const FLAPPER = `
import http.client, json, sys, time
links, period = json.loads(sys.argv[1]), float(sys.argv[2])
def turn(enabled):
  for name in links:
    c = http.client.HTTPConnection("127.0.0.1", ${TOXIPROXY_PORT}, timeout=5)
    try:
      c.request("POST", "/proxies/" + name, json.dumps({"enabled": enabled}))
      c.getresponse().read()
    except OSError: pass
    c.close()
enabled = False
while True:
  turn(enabled)
  enabled = not enabled
  time.sleep(period)
`

const LOOKS_A_PHASE = 4

const LINK_FLAPPING: FaultKind<FlappingLinkPlan> = {
  name: 'link-flapping',
  family: 'network',
  does: 'a link refuses connections and takes them in turn, until it is healed',
  witnessed: 'from inside the pod connections are refused, then made, then refused again',
  cannotShow: 'a rhythm to the millisecond: the links of two pods turn independently',
  source: 'HLD:766-771',
  final: false,
  targets: LINK_TARGETS,
  parameters: { periodMs: { default: 2000, says: 'so long refused, then so long open' } },
  needs: [],
  async plan(cluster, aim, seed) {
    const periodMs = numberGiven(aim, 'periodMs')
    if (periodMs < 1000 || periodMs > 5000) {
      throw new BadAim(`a period of ${periodMs} ms: 1000 to 5000 can be seen`)
    }
    const links = await linksOf(cluster, aim.target, seed)
    const mark = seed.fraction(`flapping ${aim.target}`).toString(36).slice(2, 10)
    return {
      target: linksText(aim.target, links),
      touches: podsOf(links),
      links,
      periodMs,
      mark: `drill-flapper-${mark}`,
    }
  },
  async inject({ docker }, { links, periodMs, mark }, { clock }) {
    const issued = clock.now()
    await eachPod(links, async (tools, own) => {
      const names = JSON.stringify(own.map(({ link }) => link))
      const run = `python3 -c '${FLAPPER}' '${names}' ${periodMs / 1000} ${mark}`
      await runTool(docker.engine, tools, `nohup ${run} >/dev/null 2>&1 &`)
    })
    return { issued, proven: clock.now() }
  },
  /** For up to three phases of the rhythm. */
  async witness({ docker }, { links, periodMs }) {
    const wasRefused = new Set<string>()
    const thenOpen = new Set<string>()
    const andBack = new Set<string>()
    for (let look = 0; look < 3 * LOOKS_A_PHASE && andBack.size < links.length; look++) {
      if (look > 0) await sleep(periodMs / LOOKS_A_PHASE)
      for (const { link, what } of await lookThrough(docker, links, { speaks: 'nothing' })) {
        const name = linkText(link)
        if (what === 'refused') (thenOpen.has(name) ? andBack : wasRefused).add(name)
        else if (what === 'open' && wasRefused.has(name)) thenOpen.add(name)
      }
      // A whole phase of a flapping link is never open all through twice.
      if (look > LOOKS_A_PHASE && wasRefused.size === 0) break
    }
    const [first] = links
    const such = first === undefined ? '' : `, such as ${linkText(first)}`
    return seen(
      andBack.size === links.length,
      `${links.length} links${such}: refused, then open, then refused again`,
      `of ${links.length} links ${wasRefused.size} were refused, ${thenOpen.size} then open, ${andBack.size} refused again`,
    )
  },
  /** Hard: one that ended in its own time could close a link that is open again. */
  async heal(docker, { links, mark }) {
    const there = await onLivingPods(docker, links)
    await eachPod(there, async (tools) => {
      const kill = `for p in ${processesOf(mark)}; do kill -9 $p 2>/dev/null; done`
      const some = `[ -n "${processesOf(mark)}" ]`
      await runTool(docker.engine, tools, `for n in 1 2 3 4 5; do ! ${some} || ${kill}; done`)
    })
    await setAll(there, true)
  },
  async residue(docker, { links, mark }) {
    const there = await onLivingPods(docker, links)
    const left: string[] = []
    await eachPod(there, async (tools, [first]) => {
      const found = await runTool(docker.engine, tools, `echo ${processesOf(mark)}`)
      if (found.trim() !== '') left.push(`a flapper beside ${first?.pod}, process ${found.trim()}`)
    })
    return [...left, ...(await disabled(docker, { links: there }))]
  },
}

/**
 * Every process with that mark, also the shell that a dead harness had start one. The pattern does
 * not find itself, and of a process that has ended nothing is left but its number.
 */
const processesOf = (mark: string): string =>
  `$(grep -ls '[${mark[0]}]${mark.slice(1)}' /proc/[0-9]*/cmdline | cut -d / -f 3)`

export const LINK_FLAPPING_FAULTS: readonly FaultKind[] = [LINK_FLAPPING]

/** Refused for so long, open for so long, and again. */
export const flappingLinks = (links: string, periodMs: number): Fault<FlappingLinkPlan> =>
  aimed(LINK_FLAPPING, links, { periodMs })
