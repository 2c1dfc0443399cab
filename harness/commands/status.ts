import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { DrillFolder, type Entry } from '../drill-folder.ts'
import { seconds } from '../lib/duration.ts'
import { clusterOf, stacksIn, theStack } from '../sandbox.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { inForce } from '../undoing.ts'

/** A pod that is frozen would keep us waiting for ever. */
const PATIENCE = seconds(2)

/** `status`: what a kept stack is like now. Changes nothing. */
export function statusCommand(): Command {
  return new Command('status')
    .description('nodes, voters, links and faults of the stacks that are kept')
    .option('--stack <id>', 'only this one')
    .option('--json', 'one JSON document', false)
    .action(async ({ stack, json }: { stack?: string; json: boolean }) => {
      const folder = new DrillFolder()
      const entries = stack === undefined ? stacksIn(folder) : [theStack(folder, stack)]
      const told = await Promise.all(entries.map((entry) => statusOf(folder, entry)))
      if (json) return print(JSON.stringify(told, null, 2))
      if (told.length === 0) print('there is no stack here; "./drill up" starts one')
      for (const each of told) for (const line of lines(each)) print(line)
    })
}

type Status = Awaited<ReturnType<typeof statusOf>>

async function statusOf(folder: DrillFolder, entry: Entry) {
  const docker = await connectDocker({ dial: readSettings().dial })
  const { run: stack, what, expires } = entry
  const faults = inForce(folder, entry).map(({ id, fault, target, since, final }) => ({
    id,
    fault,
    target,
    since,
    final,
  }))
  const about = { stack, what, expires, faults }
  try {
    const cluster = await clusterOf(folder, entry, docker)
    const [nodes, voters, links] = await Promise.all([
      Promise.all(cluster.nodes.map(nodeStatus)),
      votersOf(cluster),
      linksOf(cluster),
    ])
    return { ...about, nodes, voters, links }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...about, why, nodes: [], voters: [], links: [] }
  }
}

async function nodeStatus(node: Node) {
  const { running, paused, exitCode } = await node.vault.state()
  const state = await node.health().then(
    ({ state, status }) => `${state} (${status})`,
    () => 'no answer',
  )
  return {
    name: node.name,
    process: paused ? 'frozen' : running ? 'runs' : `ended with exit code ${exitCode}`,
    state,
    leader: state.startsWith('leader'),
    sealed: state.startsWith('sealed'),
    container: node.vault.name,
  }
}

/** As autopilot has them; empty while nobody leads. */
async function votersOf(cluster: Cluster) {
  const state = await cluster.autopilot().catch(() => undefined)
  return (state?.servers ?? [])
    .filter(({ node }) => state?.voters.includes(node))
    .map(({ node, healthy }) => ({ node, healthy }))
}

/** What is not as it was made; a pod that does not answer is told too. */
async function linksOf(cluster: Cluster): Promise<readonly string[]> {
  const pods = [...cluster.nodes.map(({ name }) => name), 'balancer', 'operator']
  const residues = pods.map(async (name) => {
    const silent = ['its Toxiproxy does not answer']
    const residue = cluster.pod(name).links.residue()
    const seen = await Promise.race([
      residue.catch(() => silent),
      sleep(PATIENCE.ms, silent, { ref: false }),
    ])
    return seen.map((what) => `${name}: ${what}`)
  })
  return (await Promise.all(residues)).flat()
}

function lines(status: Status): readonly string[] {
  const { stack, what, expires, nodes, voters, links, faults } = status
  if ('why' in status) return [status.why, ...faults.map(faultLine)]
  const ill = voters.filter(({ healthy }) => !healthy).map(({ node }) => node)
  return [
    `stack ${stack}: ${what}; kept until ${expires}`,
    ...nodes.map(
      ({ name, process, state, container }) =>
        `  ${name.padEnd(8)}  ${state.padEnd(14)}  ${process}  container ${container}`,
    ),
    voters.length === 0
      ? '  voters    nobody leads'
      : `  voters    ${voters.length}, ${ill.length === 0 ? 'all healthy' : `not healthy: ${ill}`}`,
    ...(links.length === 0
      ? ['  links     as they were made']
      : links.map((link) => `  link      ${link}`)),
    ...(faults.length === 0 ? ['  faults    none'] : faults.map(faultLine)),
  ]
}

const faultLine = ({ id, fault, target, since, final }: Status['faults'][number]): string =>
  `  fault     ${id}: ${fault} of ${target} since ${since}${final ? ', final' : ''}`

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
