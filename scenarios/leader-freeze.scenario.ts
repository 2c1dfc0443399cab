import { frozen } from '../harness/faults/freezer.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { consistency } from '../harness/objectives/consistency.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  answers: 'a read that the thaw lets go gets the old value, the new one, or an error',
  settled: 'the thawed leader is a standby and has the new value',
}
const CLIENTS = 32

export const leaderFreeze = scenario(
  'The leader is frozen for 20 s and goes on as if nothing had happened',
  {
    id: 'HA4',
    source: 'HLD:873-877',
    hypothesis:
      'A leader that hangs is replaced like a dead one, and does no harm when it wakes up.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: (multiplier) => [
      multiplier === 1
        ? rto({ within: seconds(5), source: 'HLD:876' })
        : rto({ within: seconds(30), source: 'docs/deficiencies.md' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
      // Until it notices, the thawed leader may answer reads from what it knew.
      consistency({ contract: 'vault-lease' }),
      checks({ id: 'thawed', all: Object.values(FACTS), source: 'HLD:873-877' }),
    ],
    claims: () => [
      claim({ source: 'HLD:874', says: 'latency spike below 1 s', rtoWithin: seconds(1) }),
    ],
    mustObserve: ['leader-changed', 'write-refused-or-unknown', 'node-silent'],
    deadline: minutes(3),
  },
  async ({ check, cluster, dwell, heal, inject, inspect, note, until }) => {
    const formerLeader = await cluster.leader()
    const path = `drill/frozen-${cluster.freshName()}`
    const secrets = cluster.secrets()
    await secrets.write(path, { text: 'old' })
    const reads = await inspect.heldReads(formerLeader, path, CLIENTS)

    // Symptom
    const freeze = frozen(formerLeader)
    await inject(freeze)
    await until('the new value is acknowledged', async () => {
      return (await secrets.write(path, { text: 'new' })).status === 200
    })
    const held = reads.ask(seconds(60))
    await dwell('the old leader stays frozen', seconds(20))

    // Procedure
    await heal(freeze)
    const answers = await held
    const { ms } = await reads.lastSaying('old', seconds(3))

    // Verification
    const count = (text: string) => answers.filter((answer) => answer === text).length
    note(
      `of ${CLIENTS} reads held up by the frozen leader ${count('old')} got the old value, ${count('new')} the new one; later reads there got the old one until ${ms} ms after the thaw`,
    )
    await check(FACTS.answers, [], async () => {
      return answers.filter((answer) => !/^(old|new|HTTP (307|5\d\d)|[A-Z_]+)$/.test(answer))
    })
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.settled, { status: 429, texts: ['new'] }, async () => {
      const { status } = await formerLeader.health()
      return { status, texts: [...new Set(await reads.ask(seconds(5)))] }
    })
    await reads.close()
  },
)
