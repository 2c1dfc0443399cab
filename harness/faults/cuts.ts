import { createHash } from 'node:crypto'
import type { Ns, RunClock } from '../lib/clock.ts'
import { seconds } from '../lib/duration.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool } from '../stack/toolbox.ts'
import type { Effect } from './fault.ts'
import { type AimedLink, eachPod, onLivingPods } from './link-target.ts'

/**
 * Links that are cut by dropping their packets, in the namespace of the pod that calls: both
 * directions of the connections that it opens, and nothing else. So A may be unable to call B
 * while B still calls A, and our own eyes, which use no link, see on.
 *
 * A link has two legs, and both are cut. Were it only the outer one, Toxiproxy would take the
 * connection and dial without a limit, and every later dial of that link would wait behind it,
 * past the healing. Now the caller's own handshake times out, as with a cable that is out.
 *
 * The rules stand in a chain of our own in the table `filter`; `nat`, which holds the engine's
 * name service, is never touched.
 */

export type Rules = { readonly links: readonly AimedLink[]; readonly chain: string }

/** A chain is called after what it does, so another process finds it; 28 letters are allowed. */
export function chainOf(kind: string, parts: readonly string[]): string {
  const digest = createHash('sha256')
    .update(`${kind} ${parts.toSorted().join(' ')}`)
    .digest('hex')
  return `VAULT_DRILL_${digest.slice(0, 10)}`
}

/**
 * All pods at once, each in one transaction of the kernel's. Gives when the first began and the
 * last was done: by the kernel's own clock where it is ours as well, for asking the engine to
 * run something may take a second on a busy host. @throws {ToolFailed}
 */
export async function putRules(
  docker: Docker,
  clock: RunClock,
  { links, chain }: Rules,
  rulesOf: (link: AimedLink) => readonly string[],
): Promise<Effect> {
  const asked = clock.now()
  const stamps: Effect[] = []
  await eachPod(links, async (tools, own) => {
    const rules = [...new Set(own.flatMap(rulesOf))].map((rule) => `-A ${chain} ${rule}`)
    const table = ['*filter', `:${chain} - [0:0]`, ...rules, ...hooks(chain, '-I'), 'COMMIT', '']
    const said = await runTool(
      docker.engine,
      tools,
      `python3 -c '${RESTORE}' '${table.join('\n')}'`,
    )
    const [began, done] = said.trim().split(/\s+/).slice(-2)
    stamps.push({ issued: since(clock, began), proven: since(clock, done) })
  })
  const done = clock.now()
  const issued = Math.min(...stamps.map((each) => each.issued))
  const proven = Math.max(...stamps.map((each) => each.proven))
  // Another host's clock does not fit in between.
  const isOurs = asked <= issued && issued <= proven && proven <= done
  return isOurs ? { issued, proven } : { issued: asked, proven: done }
}

const RESTORE = `
import subprocess, sys, time
began = time.monotonic_ns()
subprocess.run(["iptables-restore", "-w", "5", "-n"], input=sys.argv[1].encode(), check=True)
print(began, time.monotonic_ns())
`

const since = (clock: RunClock, stamp: string | undefined): Ns =>
  /^\d+$/.test(stamp ?? '') ? Number(BigInt(stamp as string) - clock.base) : Number.NaN

/** Twice is harmless. A pod that runs no more has taken its rules along. */
export async function dropRules(docker: Docker, { links, chain }: Rules): Promise<void> {
  const [input, output] = hooks(chain, '-D')
  const script = `while iptables -w 5 ${input} 2>/dev/null; do :; done
while iptables -w 5 ${output} 2>/dev/null; do :; done
iptables -w 5 -F ${chain} 2>/dev/null; iptables -w 5 -X ${chain} 2>/dev/null; true`
  await eachPod(await onLivingPods(docker, links), async (tools) => {
    await runTool(docker.engine, tools, script)
  })
}

/** What the kernel still has of them, in words. */
export async function rulesLeft(
  docker: Docker,
  { links, chain }: Rules,
): Promise<readonly string[]> {
  const left: string[] = []
  await eachPod(await onLivingPods(docker, links), async (tools, [first]) => {
    const script = `iptables-save -t filter > /tmp/drill-filter && { grep -c -e ${chain} /tmp/drill-filter || true; }`
    const lines = Number(await runTool(docker.engine, tools, script, seconds(10)))
    if (lines !== 0) left.push(`${lines} lines of chain ${chain} in the namespace of ${first?.pod}`)
  })
  return left
}

/** Packets of the connections that its owner makes through it: the inner leg and the outer one. */
export function cutRules({ listen, upstream, isOpen }: AimedLink): readonly string[] {
  const inner = isOpen ? '' : `${listen.host} `
  return [
    `-p tcp ${inner === '' ? '' : `-d ${inner}`}--dport ${listen.port} -j DROP`,
    `-p tcp ${inner === '' ? '' : `-s ${inner}`}--sport ${listen.port} -j DROP`,
    `-p tcp -d ${upstream.host} --dport ${upstream.port} -j DROP`,
    `-p tcp -s ${upstream.host} --sport ${upstream.port} -j DROP`,
  ]
}

const hooks = (chain: string, how: '-I' | '-D'): readonly [string, string] => [
  `${how} INPUT -j ${chain}`,
  `${how} OUTPUT -j ${chain}`,
]
