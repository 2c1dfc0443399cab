import type { Fault } from '../harness/faults/fault.ts'
import { flippedData, flippedHeader } from '../harness/faults/raft-files.ts'
import type { Target } from '../harness/faults/target.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { isolateCorruptedNode } from '../harness/procedures/isolate-corrupted-node.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const FACTS = { voter: 'the node has a vote again' }

export const corruptNode = scenario(
  'The data of one standby is damaged, and the node is isolated',
  {
    id: 'HA8',
    source: 'RB:490-505',
    hypothesis: 'No client notices, and the node comes back with the data of the others.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'broken',
    objectives: () => [
      noOutage({ source: 'HLD:870' }),
      rpo({ lostWrites: 0, source: 'HLD:871' }),
      checks({ id: 'isolated', all: Object.values(FACTS), source: 'RB:490-505' }),
    ],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(4),
  },
  { page: damaging(flippedData), header: damaging(flippedHeader) },
)

function damaging(fault: (node: Target) => Fault): ScenarioBody {
  return async ({ check, choose, cluster, inject, perform }) => {
    const node = choose('standby', await cluster.standbys())

    // Symptom
    await inject(fault(node))

    // Procedure
    await perform(isolateCorruptedNode, { node })

    // Verification
    await check(FACTS.voter, true, async () => {
      return (await cluster.peers()).find((each) => each.node === node.name)?.voter
    })
  }
}
