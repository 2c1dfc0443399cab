import { type Block, findings } from '../harness/documents/block.ts'
import {
  corruptedRemoved,
  peersBesideDamage,
  signsOfFlippedData,
  signsOfFlippedHeader,
} from '../harness/documents/recovery-blocks.ts'
import type { Fault } from '../harness/faults/fault.ts'
import { flippedData, flippedHeader } from '../harness/faults/raft-files.ts'
import type { Target } from '../harness/faults/target.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { isolateCorruptedNode } from '../harness/procedures/isolate-corrupted-node.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const VOTER = 'the node has a vote again'
const SIGNS = {
  page: 'a reader of all canaries at the node is told within 60 s, where a standby reads its own data',
  header: 'its server ends within 10 s of its start',
}
/** Of some 2,000 versions in the file: one in twenty is damaged, and hundreds are read. */
const DAMAGED = 100
const CANARIES = 300

type Way = keyof typeof SIGNS

export const corruptNode = scenario(
  'The data of one standby is damaged, and the node is isolated',
  {
    id: 'HA8',
    source: 'RB:490-505',
    hypothesis: 'No client notices, and the node comes back with the data of the others.',
    suites: ['nightly', 'documents'],
    load: 'steady',
    leaves: 'broken',
    cluster: { operator: 'shell' },
    objectives: (_multiplier, variant) => [
      noOutage({ source: 'HLD:870' }),
      rpo({ lostWrites: 0, source: 'HLD:871' }),
      checks({ id: 'isolated', all: [VOTER], source: 'RB:503-505' }),
      checks({ id: 'seen', all: [SIGNS[variant as Way]], source: 'RB:490-502' }),
      checks({
        id: 'on-record',
        all: findings(
          variant === 'page' ? signsOfFlippedData : signsOfFlippedHeader,
          peersBesideDamage,
          corruptedRemoved,
        ),
        source: 'RB:495-505',
      }),
    ],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(4),
  },
  {
    page: damaging((node) => flippedData(node, DAMAGED), scanned, signsOfFlippedData),
    header: damaging(flippedHeader, ended, signsOfFlippedHeader),
  },
)

type Seen = { readonly node: Verbs['cluster']['nodes'][number]; readonly canaries: Canaries }
type Canaries = Awaited<ReturnType<Verbs['inspect']['canaries']>>

function damaging(
  fault: (node: Target) => Fault,
  see: (verbs: Verbs, seen: Seen) => Promise<void>,
  signs: Block,
): ScenarioBody {
  return async (verbs) => {
    const { check, choose, cluster, inject, inspect, note, perform, type } = verbs
    const node = choose('standby', await cluster.standbys())
    const canaries = await inspect.canaries(CANARIES)

    // Symptom
    await inject(fault(node))
    await see(verbs, { node, canaries })
    await type(signs, node)
    await type(peersBesideDamage)

    // Procedure, as written: its server and its disk stay where they are
    await type(corruptedRemoved, node)
    const said = await node.health().then(describe, String)
    note(`taken out of the peers, the server of ${node.name} says of itself: ${said}`)

    // Procedure
    await perform(isolateCorruptedNode, { node, custody: cluster.custody })

    // Verification
    await check(VOTER, true, async () => {
      return (await cluster.peers()).find((each) => each.node === node.name)?.voter
    })
  }
}

const describe = ({ state, status }: { readonly state: string; readonly status: number }) =>
  `${state} (${status})`

/** A server reads an entry when it is asked for it, and a standby that forwards never does. */
async function scanned({ check, cluster, note }: Verbs, { node, canaries }: Seen): Promise<void> {
  const readsItself = cluster.facts.standbyReads === 'local'
  await check(SIGNS.page, readsItself ? 'damage' : 'nothing', async () => {
    const { wrong, said, tookMs } = await canaries.scan(node)
    note(`${wrong} of ${CANARIES} canaries are not given by ${node.name}: ${said.join('; ')}`)
    if (tookMs > seconds(60).ms) return `it took ${tookMs} ms`
    return wrong === 0 ? 'nothing' : 'damage'
  })
}

async function ended({ check, note }: Verbs, { node }: Seen): Promise<void> {
  await check(SIGNS.header, true, async () => {
    const { running, startedAt, finishedAt } = await node.vault.state()
    if (running) return 'it runs'
    const lastedMs = Date.parse(finishedAt) - Date.parse(startedAt)
    note(`the server of ${node.name} ended ${lastedMs} ms after its start`)
    return lastedMs <= seconds(10).ms || lastedMs
  })
}
