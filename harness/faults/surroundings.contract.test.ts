import { beforeEach, describe, expect, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { onStage } from '../made-stage.ts'
import { runTool } from '../stack/toolbox.ts'
import { balancerKilled, balancerMisled, balancerUnchecking } from './balancer.ts'
import { planFault } from './bring-about.ts'
import { certificateExpired, certificateForeign } from './certificates.ts'
import { CannotPlan } from './fault.ts'
import { bite, context, healsFromDisk, isOver, provesItself } from './made-proof.ts'
import { nameGone, nameStale } from './names.ts'

/** What stands around the nodes: the balancer, names, certificates. */

const on = onStage('surroundings-faults')

/** A client writes through the balancer, over a connection of its own making. */
const isServed = async () => {
  const { status } = await on().cluster.secrets().write(`served/${on().cluster.freshName()}`, {})
  return status === 200 ? happened(true) : notYet(`HTTP ${status}`)
}
const untilServed = () => until('clients are served', isServed, { within: seconds(15) })

beforeEach(async () => {
  await on().cluster.converge(context.signal)
  await untilServed()
})

describe('the balancer', () => {
  test('is seen to be killed, and comes back by healing', async () => {
    const { cluster, docker } = on()
    const { plan, witness } = await bite(cluster, balancerKilled())
    expect(witness).toBe('the engine reports exit code 137; a connection to it: refused')
    await expect(isServed()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|other side closed/)
    await expect(planFault(balancerKilled(), cluster, context)).rejects.toThrow(CannotPlan)
    expect(await balancerKilled().kind.residue(docker, plan)).toEqual([
      'the balancer is not running',
    ])
    await healsFromDisk(cluster, balancerKilled(), plan)
    await isOver(cluster, balancerKilled(), plan)
    await untilServed()
  })

  test('without health checks sends clients to standbys, and only then', async () => {
    const witness = await provesItself(on().cluster, balancerUnchecking())
    expect(witness).toMatch(/^of 6 fresh connections .* 429/)
    await untilServed()
  })

  test('that checks nothing is not misled as well: which was first could not be told', async () => {
    const { cluster } = on()
    const { plan } = await bite(cluster, balancerUnchecking())
    await expect(planFault(balancerMisled(), cluster, context)).rejects.toThrow(CannotPlan)
    await healsFromDisk(cluster, balancerUnchecking(), plan)
    await isOver(cluster, balancerUnchecking(), plan)
  })

  test.each([
    ['nowhere', 'nowhere'],
    ['to a standby alone', 'standby'],
  ])('that is misled %s serves nobody, while a node leads', async (_how, to) => {
    const witness = await provesItself(on().cluster, balancerMisled(to))
    expect(witness).toMatch(/^fresh connections through the balancer: [^\d]+; vault-\d leads$/)
    await untilServed()
  })

  test('is not misled to the leader: nothing would be broken', async () => {
    const { cluster } = on()
    const leader = await cluster.leader()
    await expect(planFault(balancerMisled(leader.name), cluster, context)).rejects.toThrow(
      /leads: with it alone clients are served/,
    )
  })
})

describe('a name', () => {
  test.each([
    ['resolves to nothing', nameGone, /^on vault-\d: vault-\d is nowhere \(/],
    ['has the old address', nameStale, /^on vault-\d: vault-\d is 127\.0\.1\.250 \(ECONNREFUSED\)/],
  ] as const)(
    'of all peers %s, and the file is restored to the letter',
    async (_w, fault, seen) => {
      const { cluster, docker } = on()
      const leader = await cluster.leader()
      const hosts = () =>
        runTool(docker.engine, cluster.toolbox(leader.name), 'cat /etc/hosts /etc/resolv.conf')
      const before = await hosts()
      expect(await provesItself(cluster, fault(leader))).toMatch(seen)
      expect(await hosts()).toBe(before)
    },
  )

  test('of the KMS is changed beside another, and each is restored by itself', async () => {
    const { cluster, docker } = on()
    const [standby] = await cluster.standbys()
    if (standby === undefined) throw new Error('there is no standby')
    const hosts = () =>
      runTool(docker.engine, cluster.toolbox(standby.name), 'cat /etc/hosts /etc/resolv.conf')
    const before = await hosts()
    const peers = await bite(cluster, nameStale(standby))
    const other = await bite(cluster, nameGone(standby, 's3'))
    const kms = await bite(cluster, nameGone(standby, 'kms'))
    expect(kms.witness).toMatch(/: kms is nowhere \(/)
    // The first one first: what it restores is its own.
    await healsFromDisk(cluster, nameStale(standby), peers.plan)
    await healsFromDisk(cluster, nameGone(standby, 's3'), other.plan)
    expect(await nameGone(standby, 'kms').kind.witness(cluster, kms.plan)).toMatchObject({
      happened: true,
    })
    await healsFromDisk(cluster, nameGone(standby, 'kms'), kms.plan)
    await isOver(cluster, nameGone(standby, 'kms'), kms.plan)
    expect(await hosts()).toBe(before)
  })

  test('that the node does not have is refused', async () => {
    const { cluster } = on()
    await expect(planFault(nameGone('leader', 'nobody'), cluster, context)).rejects.toThrow(
      CannotPlan,
    )
  })
})

describe('a certificate', () => {
  test.each([
    ['whose time is over', certificateExpired, 'CERT_HAS_EXPIRED'],
    ['of another authority', certificateForeign, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)(
    '%s is refused with that reason, and the old one comes back',
    async (_w, fault, why) => {
      const { cluster } = on()
      const [standby] = await cluster.standbys()
      if (standby === undefined) throw new Error('there is no standby')
      const before = await standby.vault.read('/drill/tls/key.pem')
      const { plan, witness } = await bite(cluster, fault(standby))
      expect(witness).toBe(`${standby.name}: refused: ${why}`)
      expect(JSON.stringify(plan)).not.toContain('PRIVATE KEY')
      expect(await standby.vault.read('/drill/tls/key.pem')).not.toBe(before)
      expect(await fault(standby).kind.residue(cluster.docker, plan)).toEqual([
        `${standby.name} still keeps the certificate of before`,
      ])
      await healsFromDisk(cluster, fault(standby), plan)
      await isOver(cluster, fault(standby), plan)
      expect(await standby.vault.read('/drill/tls/key.pem')).toBe(before)
      expect(await standby.vault.read('/drill/tls/kept.json')).toBe('')
    },
  )
})
