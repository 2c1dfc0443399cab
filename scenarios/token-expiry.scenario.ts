import { killed } from '../harness/faults/process.ts'
import { minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  before: 'both tokens read before the outage, and the short one can be renewed',
  outage: 'in the outage nobody renews or logs in; only a node with reads of its own still reads',
  expired: 'the token whose time ended in the outage reads nothing and cannot be renewed',
  lasting: 'the token with time left reads and can be renewed',
  again: 'a login by the same role gives a token that reads',
}

/** Of the short token; the outage is longer. */
const TTL_SECONDS = 8

export const tokenExpiry = scenario(
  "A client's token ends while no node leads",
  {
    id: 'AC2',
    source: 'HLD:684-701',
    hypothesis: 'A token that ended in an outage stays ended; a login brings the client back.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      checks({ id: 'clients-recover', all: Object.values(FACTS), source: 'HLD:684-701' }),
      rpo({ lostWrites: 0, source: 'HLD:877' }),
    ],
    mustObserve: ['write-refused-or-unknown', 'bad-probe', 'read-from-each-node'],
    deadline: minutes(4),
  },
  async ({ check, cluster, dwell, heal, inject, until }) => {
    const short = await cluster.tenant(cluster.freshName(), { ttl: `${TTL_SECONDS}s` })
    const lasting = await cluster.tenant(cluster.freshName())
    await Promise.all([short.own(), lasting.own()])
    const leader = await cluster.leader()
    const [first, second] = (await cluster.standbys()).map((node) => killed(node))
    if (first === undefined || second === undefined) throw new Error('there are not two standbys')
    await short.logIn() // its time begins now
    await check(FACTS.before, [200, 200, 200], async () => {
      return [await lasting.reads(), await short.reads(), await short.renew()]
    })

    // Symptom
    await inject(first, second)
    await until('no node leads', async () => (await leader.health()).state !== 'leader')
    await dwell("the short token's time ends", seconds(TTL_SECONDS + 2))
    await check(FACTS.outage, [cluster.facts.standbyReads === 'local', false, false], async () => {
      const asked = [await lasting.reads(leader), await short.renew(leader), await short.logIn()]
      return asked.map((status) => status === 200)
    })

    // Procedure: what a client does by itself. It renews; refused, it logs in again.
    await heal(first, second)
    await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
    await check(FACTS.expired, [403, 403], async () => [await short.reads(), await short.renew()])
    await check(FACTS.lasting, [200, 200], async () => [
      await lasting.reads(),
      await lasting.renew(),
    ])
    await check(FACTS.again, [200, 200], async () => [await short.logIn(), await short.reads()])
  },
)
