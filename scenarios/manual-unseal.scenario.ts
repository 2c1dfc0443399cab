import { kmsRefused } from '../harness/faults/kms-links.ts'
import { stopped } from '../harness/faults/process.ts'
import { nodeSealed } from '../harness/faults/seal.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { restartSealedNode } from '../harness/procedures/restart-sealed-node.ts'
import { unsealNodes } from '../harness/procedures/unseal-nodes.ts'
import { type ScenarioBody, scenario } from '../harness/scenario.ts'

const SHAMIR = {
  sealed: 'after a restart every node is sealed',
  two: 'two of five shares open no node',
  absent: 'with two holders there the procedure is refused, and nothing is changed',
  open: 'three of five open every node',
}
const AWSKMS = {
  refused: 'the procedure is refused: the KMS must decrypt recovery keys first',
  typed: 'three recovery keys cannot be decrypted, and the node stays sealed',
  back: 'with the KMS back a restart opens it',
}

export const manualUnseal = scenario(
  'Sealed nodes are to be opened by hand',
  {
    id: 'SL5',
    source: 'RB:354-407; HLD:887',
    hypothesis:
      'Shares open nodes whose seal is Shamir’s within 30 min, and none under a KMS seal.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'healthy',
    cluster: (variant) => (variant === 'shamir' ? { seal: 'shamir' } : {}),
    objectives: (_multiplier, variant) =>
      variant === 'shamir'
        ? [
            rto({ id: 'rto-of-machines', within: minutes(30), source: 'RB:30' }),
            rto({ within: minutes(30), people: 'added', source: 'RB:30, 354-407' }),
            rpo({ lostWrites: 0, source: 'RB:354-407' }),
            checks({ id: 'unsealed', all: Object.values(SHAMIR), source: 'RB:376-402' }),
          ]
        : [
            rpo({ lostWrites: 0, source: 'RB:354-407' }),
            checks({ id: 'sealed', all: Object.values(AWSKMS), source: 'RB:356-391; HLD:887' }),
          ],
    deadline: minutes(4),
  },
  { shamir: openedByShares, awskms: notOpenedByRecoveryKeys },
)

async function openedByShares({ check, cluster, inject, inspect, perform, until }: Verbs) {
  const { nodes } = cluster
  const { holders } = await cluster.team.handOut()
  const health = () => Promise.all(nodes.map(async (node) => (await node.health()).status))

  // Symptom
  await inject(...nodes.map((node) => stopped(node)))
  await Promise.all(nodes.map((node) => node.start()))
  await until('all answer', async () => {
    const seen = await Promise.all(nodes.map((node) => inspect.connectionTo(node)))
    return seen.every((connection) => connection === 'open')
  })
  await check(SHAMIR.sealed, [503, 503, 503], health)

  // Procedure
  const [first, ...others] = nodes as [(typeof nodes)[0], ...typeof nodes]
  const shares = cluster.team.recoveryKeys
  await check(SHAMIR.two, 'sealed, 2 of 3 given', () =>
    inspect.unsealWith(first, shares.slice(0, 2)),
  )
  holders.leave(1, 3, 4)
  await check(SHAMIR.absent, true, async () => {
    const said = await perform(unsealNodes, {
      nodes,
      shares: { holders },
      custody: cluster.custody,
    }).then(() => 'it ended well', String)
    return /3 holders of shares; seen: 2/.test(said) || said
  })
  holders.come(3)
  await perform(unsealNodes, {
    nodes: [first, ...others],
    shares: { holders },
    custody: cluster.custody,
  })

  // Verification
  await check(SHAMIR.open, true, async () => {
    const seen = await health()
    return seen.every((status) => [200, 429].includes(status)) || seen
  })
}

async function notOpenedByRecoveryKeys({ check, cluster, heal, inject, inspect, perform }: Verbs) {
  const leader = await cluster.leader()
  const { holders } = await cluster.team.handOut()
  const outage = kmsRefused()

  // Symptom
  await inject(outage)
  await inject(nodeSealed(leader))

  // Procedure
  await check(AWSKMS.refused, true, async () => {
    const { custody } = cluster
    const given = { nodes: [leader], shares: { holders }, custody }
    const said = await perform(unsealNodes, given).then(() => 'it ended well', String)
    return /seal awskms, whose recovery keys the KMS must decrypt/.test(said) || said
  })
  await check(AWSKMS.typed, true, async () => {
    const said = await inspect.unsealWith(leader, cluster.team.recoveryKeys.slice(0, 3))
    const { status } = await leader.health()
    return (
      (/^[45]00 .*failed to decrypt encrypted stored keys/.test(said) && status === 503) || said
    )
  })

  // Verification
  await heal(outage)
  await check(AWSKMS.back, 3, async () => {
    await perform(restartSealedNode, { node: leader, custody: cluster.custody })
    return cluster.healthyVoters()
  })
}

type Verbs = Parameters<ScenarioBody>[0]
