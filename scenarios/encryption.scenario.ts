import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

const FACTS = {
  tls13: 'a TLS 1.3 client is served',
  tls12: 'a TLS 1.2 client is refused',
  withCertificate: 'where client certificates are required, one of the authority is served',
  withoutCertificate: 'where client certificates are required, a client without one is refused',
  control: 'the search finds a text that Raft stores in clear',
  hidden: 'no secret is in clear in data files or a snapshot',
}

export const encryption = scenario(
  'Secrets are encrypted on the way and at rest',
  {
    id: 'DP5',
    source: 'RB:80; HLD:146-156, 668-678',
    hypothesis: 'Only TLS 1.3 is spoken, and no stored byte shows a secret.',
    suites: ['nightly'],
    load: 'none',
    leaves: 'healthy',
    objectives: () => [
      checks({ id: 'encrypted', all: Object.values(FACTS), source: 'HLD:668-678' }),
    ],
    deadline: minutes(3),
  },
  async ({ check, cluster, inspect, until }) => {
    const { authority } = cluster
    if (authority === undefined)
      throw new Error('this scenario needs TLS; run it without --tls off')
    const { ca } = authority
    const leader = await cluster.leader()
    await check(FACTS.tls13, 'accepted TLSv1.3', () => inspect.handshake(leader, { ca }))
    await check(FACTS.tls12, false, async () => {
      return (await inspect.handshake(leader, { ca, newest: 'TLSv1.2' })).startsWith('accepted')
    })

    const strict = await cluster.startSpare({ clientCertificates: 'required' })
    const certificate = await authority.issue({ name: 'client', dnsNames: ['client'], ips: [] })
    await until('the strict node answers', async () => {
      return (await inspect.handshake(strict, { ca, certificate })).startsWith('accepted')
    })
    await check(FACTS.withCertificate, 'accepted TLSv1.3', () => {
      return inspect.handshake(strict, { ca, certificate })
    })
    await check(FACTS.withoutCertificate, false, async () => {
      return (await inspect.handshake(strict, { ca })).startsWith('accepted')
    })
    await cluster.dismiss(strict)

    const secret = `canary-${'secret-in-clear'.repeat(2)}`
    const value = `api-key-${'must-not-be-seen'.repeat(2)}`
    await cluster.secrets().write('tenants/encrypted/canary', { [secret]: value })
    await check(FACTS.control, ['core/seal-config'], () => inspect.inClear(['core/seal-config']))
    await check(FACTS.hidden, [], () => inspect.inClear([secret, value]))
  },
)
