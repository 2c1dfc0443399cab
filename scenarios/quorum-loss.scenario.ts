import type { Fault } from '../harness/faults/fault.ts'
import { powerCut } from '../harness/faults/power.ts'
import { hostDestroyed } from '../harness/faults/volumes.ts'
import { hours, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { recoverQuorum } from '../harness/procedures/recover-quorum.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  unserved: 'without a quorum no write is acknowledged, by the balancer or the node that is left',
  survivor: 'the node that is left answers, and does not call itself leader',
}

export const quorumLoss = scenario(
  'Two of three nodes are lost, the leader among them',
  {
    id: 'HA6',
    source: 'HLD:769-771; RB:6',
    hypothesis:
      'The node that is left acknowledges nothing, and with the others all is there again.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (_multiplier, variant) => [
      rto({ within: minutes(30), people: 'added', source: 'RB:6' }),
      // The node that is left may not have got the last writes before the others were lost.
      variant === 'disks-lost'
        ? rpo({ within: hours(1), source: 'RB:31' })
        : rpo({ lostWrites: 0, source: 'RB:6' }),
      checks({ id: 'no-quorum', all: Object.values(FACTS), source: 'HLD:771' }),
    ],
    mustObserve: ['write-refused-or-unknown', 'bad-probe', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(4),
  },
  {
    'disks-kept': losing(
      (lost) => [powerCut(lost)],
      ({ cluster, perform }, { lost }) =>
        perform(startAllNodes, { nodes: lost, custody: cluster.custody }),
    ),
    'disks-lost': losing(
      (lost) => lost.map((node) => hostDestroyed(node)),
      ({ cluster, perform }, { lost, survivor }) =>
        perform(recoverQuorum, { survivor, lost, custody: cluster.custody }),
    ),
  },
)

type Nodes = Verbs['cluster']['nodes']
type Loss = { readonly lost: Nodes; readonly survivor: Nodes[number] }

function losing(
  faults: (lost: Nodes) => readonly Fault[],
  recover: (verbs: Verbs, loss: Loss) => Promise<unknown>,
): ScenarioBody {
  return async (verbs) => {
    const { check, choose, cluster, holds, inject, inspect, note, until } = verbs
    const leader = await cluster.leader()
    const standbys = await cluster.standbys()
    const lost = [leader, choose('lost standby', standbys)]
    const survivor = standbys.find((node) => !lost.includes(node)) ?? leader
    const path = `drill/quorum-${cluster.freshName()}`
    await cluster.secrets().write(path, { text: 'written with a quorum' })

    // Symptom
    await inject(...faults(lost))
    await holds(FACTS.unserved, seconds(20), async () => {
      const acknowledged = [await inspect.acknowledges(), await inspect.acknowledges(survivor)]
      return !acknowledged.includes(true)
    })
    const answers = await inspect.answersOf(survivor, path)
    note(`${survivor.name}, left alone, answers ${JSON.stringify(answers)}`)
    await check(FACTS.survivor, { leads: false, sealStatus: '200' }, async () => {
      const { health, leader, sealStatus } = answers
      return { leads: health === '200' || leader === 'itself', sealStatus }
    })

    // Procedure
    await recover(verbs, { lost, survivor })

    // Verification
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  }
}
