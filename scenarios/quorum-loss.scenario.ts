import { powerCut } from '../harness/faults/power.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { startAllNodes } from '../harness/procedures/start-all-nodes.ts'
import { scenario } from '../harness/scenario.ts'

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
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      rto({ within: minutes(30), source: 'RB:6' }),
      rpo({ lostWrites: 0, source: 'RB:6' }),
      checks({ id: 'no-quorum', all: Object.values(FACTS), source: 'HLD:771' }),
    ],
    mustObserve: ['write-refused-or-unknown', 'bad-probe', 'cas-conflict', 'read-from-each-node'],
    deadline: minutes(4),
  },
  {
    'disks-kept': async ({
      check,
      choose,
      cluster,
      holds,
      inject,
      inspect,
      note,
      perform,
      until,
    }) => {
      const leader = await cluster.leader()
      const standbys = await cluster.standbys()
      const lost = [leader, choose('lost standby', standbys)]
      const survivor = standbys.find((node) => !lost.includes(node)) ?? leader
      const path = `drill/quorum-${cluster.freshName()}`
      await cluster.secrets().write(path, { text: 'written with a quorum' })

      // Symptom
      await inject(powerCut(lost))
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
      await perform(startAllNodes, { nodes: lost })

      // Verification
      await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    },
  },
)
