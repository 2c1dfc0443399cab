import { certificateExpired } from '../harness/faults/certificates.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { renewCertificate } from '../harness/procedures/renew-certificate.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  refused: 'a new client refuses the expired certificate',
  peers: 'the other nodes do not mind: three voters are healthy',
  accepted: 'with a new certificate it is accepted, and the server was not restarted',
  leader: 'the leader shows a new certificate without a restart',
}

export const certificateExpiry = scenario(
  "A node's certificate expires and is renewed, the leader's is renewed in time",
  {
    id: 'CL7',
    source: 'RB:697-699',
    hypothesis: 'Clients refuse an expired certificate; renewing one interrupts nobody.',
    suites: ['nightly'],
    load: 'steady',
    leaves: 'healthy',
    objectives: () => [
      noOutage({ source: 'RB:697-699' }),
      rpo({ lostWrites: 0, source: 'HLD:871' }),
      checks({ id: 'certificates', all: Object.values(FACTS), source: 'RB:697-699' }),
    ],
    mustObserve: ['cas-conflict', 'read-from-each-node'],
    deadline: minutes(3),
  },
  async ({ check, choose, cluster, inject, inspect, perform }) => {
    const { authority } = cluster
    if (authority === undefined)
      throw new Error('this scenario needs TLS; run it without --tls off')
    const { ca } = authority
    const leader = await cluster.leader()
    const standby = choose('standby', await cluster.standbys())
    const { pid } = await standby.process()

    // Symptom
    await inject(certificateExpired(standby))
    await check(FACTS.refused, 'refused: CERT_HAS_EXPIRED', () => {
      return inspect.handshake(standby, { ca })
    })
    await check(FACTS.peers, 3, () => cluster.healthyVoters())

    // Procedure
    await perform(renewCertificate, { node: standby, authority })
    await check(FACTS.accepted, { shown: 'accepted TLSv1.3', pid }, async () => {
      const shown = await inspect.handshake(standby, { ca })
      return { shown, pid: (await standby.process()).pid }
    })

    // Verification
    const before = { shown: await inspect.certificateOf(leader), ...(await leader.process()) }
    await perform(renewCertificate, { node: leader, authority })
    await check(FACTS.leader, { isNew: true, pid: before.pid }, async () => {
      const isNew = (await inspect.certificateOf(leader)) !== before.shown
      return { isNew, pid: (await leader.process()).pid }
    })
  },
)
