import { killed } from '../harness/faults/process.ts'
import { hostDestroyed, hostGivenUp } from '../harness/faults/volumes.ts'
import { milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { noOutage } from '../harness/objectives/no-outage.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { rto } from '../harness/objectives/rto.ts'
import { replaceNode } from '../harness/procedures/replace-node.ts'
import { type ScenarioBody, scenario, type Verbs } from '../harness/scenario.ts'

const FACTS = {
  voter: 'the new node has a vote, and no key was entered',
}

/** Of a machine that was given up and is back with its disk. */
const OLD = {
  on: 'the old machine is on: it says what it takes itself for',
  out: 'the old machine never leads; the peers, and who leads them in which term, stay as they are',
  kept: 'what the old machine acknowledges is in the cluster',
}
const WATCHED = seconds(15)

export const nodeReplacement = scenario(
  'A node is lost with its disk, and a new one takes its place',
  {
    id: 'HA5',
    source: 'RB:285-314; HLD:867-877',
    hypothesis: 'The others serve on, and the new node has data and vote within 15 min.',
    suites: ['nightly', 'drill'],
    load: 'steady',
    leaves: 'broken',
    objectives: (multiplier, variant) => [
      variant === 'leader'
        ? rto({
            within: multiplier === 1 ? seconds(5) : seconds(30),
            source: multiplier === 1 ? 'HLD:876' : 'docs/deficiencies.md',
          })
        : noOutage({ source: 'HLD:870' }),
      rpo({ lostWrites: 0, source: 'HLD:871, 877' }),
      rto({
        id: 'replaced-within',
        within: minutes(15),
        until: 'last-step',
        people: 'added',
        source: 'RB:288',
      }),
      checks({ id: 'replaced', all: Object.values(FACTS), source: 'RB:285-314' }),
      ...(isOld(variant)
        ? [checks({ id: 'stays-out', all: Object.values(OLD), source: 'RB:291-293' })]
        : []),
    ],
    // Of a standby it is the objective: clients notice nothing.
    claims: (_multiplier, variant) =>
      variant === 'leader'
        ? [claim({ source: 'HLD:870', says: 'RTO 0 seconds', rtoWithin: milliseconds(0) })]
        : [],
    mustObserve: ['read-from-each-node'],
    deadline: minutes(5),
  },
  {
    follower: replacing('standby'),
    leader: replacing('leader'),
    removed: oldDiskAfterRemoval,
    returned: oldMachineAfterReplacement,
  },
)

const isOld = (variant?: string): boolean => variant === 'removed' || variant === 'returned'

type Cluster = Verbs['cluster']
type Node = Cluster['nodes'][number]

function replacing(role: 'standby' | 'leader'): ScenarioBody {
  return async (verbs) => {
    const { choose, cluster, inject } = verbs
    const node =
      role === 'leader' ? await cluster.leader() : choose('standby', await cluster.standbys())

    // Symptom
    await inject(hostDestroyed(node))

    await replacesAndSees(verbs, node)
  }
}

/** It was thought lost and removed, and is on again before anybody has wiped its disk. */
async function oldDiskAfterRemoval(verbs: Verbs): Promise<void> {
  const { choose, cluster, heal, inject, inspect } = verbs
  const node = choose('standby', await cluster.standbys())
  const old = await inspect.oldMachine()

  // Symptom
  await inject(killed(node))
  await cluster.secrets().call('POST', 'sys/storage/raft/remove-peer', { server_id: node.name })
  await old.changes()
  await heal()
  await staysOut(verbs, old, node)

  // Nothing keeps it from serving but to switch it off for good, as the page says; with OpenBao it
  // answers like one of the cluster, and what answers is not replaced.
  await inject(hostDestroyed(node))
  await replacesAndSees(verbs, node)
}

/** It was thought lost, another one has its place and its name, and it is on again beside that. */
async function oldMachineAfterReplacement(verbs: Verbs): Promise<void> {
  const { choose, cluster, inject, inspect } = verbs
  const node = choose('standby', await cluster.standbys())
  const old = await inspect.oldMachine()

  // Symptom
  await inject(hostGivenUp(node))

  await replacesAndSees(verbs, node)
  await old.changes()
  const machine = await cluster.workplace.switchOnOld(node)
  await staysOut(verbs, old, machine)
  await cluster.dismiss(machine)
}

/**
 * Asks it for a while, and sees that the cluster has not become another one. What it answers is
 * noted and not judged: OpenBao lets it serve what it has on its disk, and neither product sees two
 * machines of one name.
 */
async function staysOut(
  { check, cluster, holds, note }: Verbs,
  old: Awaited<ReturnType<Verbs['inspect']['oldMachine']>>,
  machine: Node,
): Promise<void> {
  const before = await peersAndLeader(cluster)
  const voters = await cluster.healthyVoters()
  let fewer = 0
  await holds(OLD.out, WATCHED, async () => {
    await old.ask(machine)
    if ((await cluster.healthyVoters()) < voters) fewer++
    const now = await peersAndLeader(cluster)
    if (old.hasLed || now !== before) return { happened: false, seen: `${now}; ${old.inWords}` }
    return true
  })
  note(`the old machine, ${old.inWords}; ${fewer} times fewer healthy voters than ${voters}`)
  await check(OLD.on, true, async () => old.hasAnswered)
  await check(OLD.kept, 0, async () => (await old.said()).lost)
}

async function peersAndLeader(cluster: Cluster): Promise<string> {
  const peers = (await cluster.peers()).map(
    ({ node, address, voter }) => `${node} at ${address}${voter ? '' : ', no vote'}`,
  )
  const leader = await cluster.leader()
  return `${peers.toSorted().join('; ')}; ${leader.name} in term ${await cluster.term()}`
}

async function replacesAndSees(
  { check, cluster, perform, until }: Verbs,
  node: Node,
): Promise<void> {
  // Procedure
  await perform(replaceNode, { node, custody: cluster.custody })

  // Verification
  await until('three voters are healthy', async () => (await cluster.healthyVoters()) === 3)
  await check(FACTS.voter, { voter: true, health: 429 }, async () => {
    const peer = (await cluster.peers()).find((each) => each.node === node.name)
    return { voter: peer?.voter, health: (await node.health()).status }
  })
}
