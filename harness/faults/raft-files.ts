import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Seed } from '../lib/seed.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { Container } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import { describeHealth } from '../vault/health.ts'
import {
  DATA_FILE,
  entriesOf,
  factsOf,
  flipEntries,
  flipHeaders,
  readEntries,
  type StoredEntry,
} from './bolt-file.ts'
import {
  type Aim,
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  type FaultPlan,
  numberGiven,
} from './fault.ts'
import { oneNode, type Target, targetText } from './target.ts'

/**
 * Faults of one node's disk, under a server that was stopped for it and starts again on what is
 * left: nobody has the file open while it changes, so nothing but the damage is new.
 */

export type DiskPlan = FaultPlan & {
  readonly container: string
  readonly disk: ToolboxSpec
  /** Of the data file before, and how much of it was in use. */
  readonly bytes: number
  readonly used: number
}

type FlippedPlan = DiskPlan & { readonly entries: readonly StoredEntry[] }
type TruncatedPlan = DiskPlan & { readonly left: number }

const FLIPPED: FaultKind<FlippedPlan> = damaged<FlippedPlan>({
  name: 'data-flipped',
  does: 'one bit in each of some stored versions of secrets is another one in the data file of a node',
  witnessed: 'the entry has one SHA-256 on this disk and the other one on the disks of other nodes',
  cannotShow: 'that somebody notices: no server reads an entry before it is asked for it',
  source: 'RB:492-513',
  parameters: {
    entriesCount: { default: 1, says: 'how many of them, from a place the seed chooses' },
  },
  async prepare(cluster, plan, { aim, seed }) {
    const entries = await entriesOf(cluster.docker, plan.disk, {
      fraction: seed.fraction(`entry of ${plan.target}`),
      count: Math.min(numberGiven(aim, 'entriesCount'), MOST_ENTRIES),
    })
    if (entries.length === 0) throw new CannotPlan(`no secret is stored on ${plan.target}`)
    // Flipped once more, a bit would be right again.
    if ((await othersWith(cluster, plan.target, entries)).length === 0) {
      throw new CannotPlan(`no other node has what is stored on ${plan.target}: it differs already`)
    }
    return { ...plan, entries }
  },
  damage: (docker, { disk, entries }) => flipEntries(docker, disk, entries.map(keyOf)),
  async seen(cluster, { target, disk, entries }) {
    const keys = entries.map(keyOf)
    const here = await readEntries(cluster.docker, disk, keys)
    const changed = changedOf(entries, here)
    const others = await othersWith(cluster, target, entries)
    const [first] = changed
    const told = `${changed.length} of ${entries.length} entries differ on ${target}, none on ${others.join(', ') || 'no other'}`
    return first === undefined || changed.length < entries.length || others.length === 0
      ? notYet(told)
      : happened(`${told}; ${first.key} has SHA-256 ${first.sha256.slice(0, 12)}`)
  },
})

/**
 * Those that are there with another content. One that is not found is none: the file of a server
 * that runs may be read between two of its writes, and then nothing at all is found.
 */
export const changedOf = (
  before: readonly StoredEntry[],
  now: readonly StoredEntry[],
): readonly StoredEntry[] =>
  now.filter(({ sha256 }, i) => sha256 !== '' && sha256 !== before[i]?.sha256)

const BEHEADED: FaultKind<DiskPlan> = damaged<DiskPlan>({
  name: 'data-header-flipped',
  does: 'one bit in both first pages of the data file of a node is another one',
  witnessed: "no first page of the file says that it is bbolt's, and the server has ended",
  cannotShow: 'damage that stays unseen: the file is not even opened',
  source: 'RB:492-513',
  parameters: {},
  prepare: async (_cluster, plan) => plan,
  damage: (docker, { disk }) => flipHeaders(docker, disk),
  async seen({ docker }, { disk }, { state }) {
    const { valid, bytes } = await factsOf(docker, disk)
    const told = `${DATA_FILE} has ${bytes} bytes and ${valid ? 'a' : 'no'} valid first page`
    return valid || state !== ENDED ? notYet(told) : happened(told)
  },
})

const TRUNCATED: FaultKind<TruncatedPlan> = damaged<TruncatedPlan>({
  name: 'data-truncated',
  does: 'the data file of a node ends early',
  witnessed: 'the file is shorter than it was, and what the server makes of it',
  cannotShow: 'an empty file, which a server takes for a new one',
  source: 'RB:492-513',
  parameters: { keptPercent: { default: 50, says: 'how much is left of what it uses' } },
  async prepare(_cluster, plan, { aim }) {
    const share = Math.min(numberGiven(aim, 'keptPercent'), 99) / 100
    const left = Math.max(PAGE, Math.floor((plan.used * share) / PAGE) * PAGE)
    if (plan.bytes <= left) {
      throw new CannotPlan(`the data file of ${plan.target} ends at ${plan.bytes} bytes already`)
    }
    return { ...plan, left }
  },
  async damage({ engine }, { disk, left }) {
    await runTool(engine, disk, `truncate -s ${left} ${DATA_FILE} && sync`)
  },
  async seen({ docker }, { disk, bytes, used }) {
    const now = (await factsOf(docker, disk)).bytes
    const told = `${DATA_FILE} has ${now} bytes, before ${bytes}, of which ${used} in use`
    return now < bytes ? happened(told) : notYet(told)
  },
})

const WIPED: FaultKind<DiskPlan> = damaged<DiskPlan>({
  name: 'data-wiped',
  does: 'all files of a node are deleted; its volume stays, and its server starts on nothing',
  witnessed:
    'the server says that it was never initialised, and its disk holds only what it made since',
  cannotShow: 'a node that is gone: this one is still a peer of the others',
  source: 'RB:284-316; HLD:867-871',
  parameters: {},
  prepare: async (_cluster, plan) => plan,
  async damage({ engine }, { disk }) {
    await runTool(engine, disk, 'find /data -mindepth 1 -delete && sync')
  },
  async seen({ docker }, { disk, bytes }, { state }) {
    const files = await runTool(
      docker.engine,
      disk,
      'cd /data && find . -type f | sort | xargs -r ls -s',
    )
    const told = `its disk holds ${files.trim().replaceAll('\n', ', ') || 'nothing'}; the data file had ${bytes} bytes`
    return state === 'uninitialized' ? happened(told) : notYet(told)
  },
})

export const RAFT_FILES: readonly FaultKind[] = [FLIPPED, BEHEADED, TRUNCATED, WIPED]

/** Bits of stored secrets differ on this node's disk alone. */
export const flippedData = (node: Target = 'standby', entriesCount = 1): Fault<FlippedPlan> =>
  aimed(FLIPPED, targetText(node), { entriesCount })

/** The data file cannot be opened any more. */
export const flippedHeader = (node: Target = 'standby'): Fault<DiskPlan> =>
  aimed(BEHEADED, targetText(node))

/** The data file ends early. */
export const truncatedData = (node: Target = 'standby', keptPercent = 50): Fault<TruncatedPlan> =>
  aimed(TRUNCATED, targetText(node), { keptPercent })

/** The node's disk is empty. */
export const wipedData = (node: Target = 'standby'): Fault<DiskPlan> =>
  aimed(WIPED, targetText(node))

/** More would make the plan longer than what it tells. */
const MOST_ENTRIES = 100
const PAGE = 4096

const keyOf = ({ key }: StoredEntry): string => key

/** The other nodes whose disks have these entries, and have them so. */
async function othersWith(
  cluster: Cluster,
  name: string,
  entries: readonly StoredEntry[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const node of cluster.nodes.filter((each) => each.name !== name)) {
    const there = await readEntries(cluster.docker, cluster.diskTools(node), entries.map(keyOf))
    if (there.every(({ sha256 }, i) => sha256 === entries[i]?.sha256)) found.push(node.name)
  }
  return found
}

/** What the server itself makes of its disk; no state while it has not made up its mind. */
type Report = { readonly told: string; readonly state?: string }

const ENDED = 'ended'

type DamagedKind<Plan extends DiskPlan> = Pick<
  FaultKind,
  'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'parameters'
> & {
  prepare(cluster: Cluster, plan: DiskPlan, by: { aim: Aim; seed: Seed }): Promise<Plan>
  damage(docker: Docker, plan: Plan): Promise<void>
  seen(cluster: Cluster, plan: Plan, report: Report): Promise<Look<string>>
}

function damaged<Plan extends DiskPlan>({
  prepare,
  damage,
  seen,
  ...told
}: DamagedKind<Plan>): FaultKind<Plan> {
  return {
    ...told,
    family: 'data',
    final: true,
    targets: ['standby', 'leader', 'random', '<node>'],
    needs: [],
    async plan(cluster, aim, seed) {
      const node = await oneNode(cluster, aim.target, seed)
      const disk = cluster.diskTools(node)
      const { bytes, used } = await factsOf(cluster.docker, disk)
      const { id } = node.vault
      const plan = { target: node.name, touches: [id], container: id, disk, bytes, used }
      return prepare(cluster, plan, { aim, seed })
    },
    async inject({ docker }, plan, { clock }) {
      const server = new Container(docker.engine, plan.container, plan.target)
      const issued = clock.now()
      await server.stop()
      await damage(docker, plan)
      const proven = clock.now()
      await server.start()
      return { issued, proven }
    },
    async witness(cluster, plan) {
      const report = await reportOf(cluster.node(plan.target))
      const look = await seen(cluster, plan, report)
      const told = `${look.happened ? look.value : look.seen}; ${report.told}`
      return look.happened && report.state !== undefined ? happened(told) : notYet(told)
    },
    heal: async () => {},
    residue: async () => [],
  }
}

async function reportOf(node: Node): Promise<Report> {
  const { running, exitCode } = await node.vault.state()
  if (!running) {
    const log = (await node.vault.logs(400)).trim().split('\n')
    // A crash of Go's runtime is told first, and followed by hundreds of lines of stacks.
    const said = log.findLast((line) => /^(panic|fatal error|error\b|unexpected fault)/i.test(line))
    const why = (said ?? log.at(-1) ?? '').slice(0, 160)
    const told = `its server ended with exit code ${exitCode}: ${why}`
    return { told, state: ENDED }
  }
  const health = await node.health().catch((error) => {
    if (error instanceof RequestFailed) return undefined
    throw error
  })
  if (health === undefined) return { told: 'its server says nothing yet' }
  const told = describeHealth(health)
  // Every start with a seal of KMS is sealed for a moment.
  return health.state === 'sealed' ? { told } : { told, state: health.state }
}
