import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Node } from '../cluster/node.ts'
import type { Operator } from '../cluster/operator.ts'
import { OperatorNotes } from '../cluster/operator-notes.ts'
import { Refusal } from '../cluster/refusal.ts'
import { milliseconds } from '../lib/duration.ts'
import { NeverHappened } from '../lib/until.ts'
import { allProcedures } from '../procedure-steps.ts'
import { isolateCorruptedNode } from './isolate-corrupted-node.ts'
import { monthlyDrill } from './monthly-drill.ts'
import type { Procedure, Step } from './procedure.ts'
import { recoverQuorum } from './recover-quorum.ts'
import { rejoinNode } from './rejoin-node.ts'
import { replaceNode } from './replace-node.ts'
import { restartSealedNode } from './restart-sealed-node.ts'
import { restoreCluster } from './restore-cluster.ts'
import { restoreInPlace } from './restore-in-place.ts'
import { rollingRestart } from './rolling-restart.ts'
import { rotateBarrierKey } from './rotate-barrier-key.ts'
import { rotateKmsKey } from './rotate-kms-key.ts'
import { rotateRecoveryKeys } from './rotate-recovery-keys.ts'
import { unsealNodes } from './unseal-nodes.ts'

/** In a wrong state a procedure says why it stops, before it has done anything. */

const nodes = ['vault-1', 'vault-2', 'vault-3'].map((name) => ({ name }) as Node)
const [first, second, third] = nodes as [Node, Node, Node]

let notes: OperatorNotes
beforeEach(() => {
  notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-refusals-')))
})
afterEach(() => rmSync(notes.folder, { recursive: true }))

/** A look by its path at the operator, and what it gives or throws where all is as it should be. */
type Looks = Readonly<Record<string, () => unknown>>
const nothing = () => undefined

/** Everything that only looks. Whatever else is called is a deed. */
const LOOKS: Looks = {
  seesHealthyVoters: nothing,
  seesSealKeyEnabled: nothing,
  seesUnsealed: nothing,
  seesSettled: nothing,
  seesJoinDecided: () => 'joined',
  seesLeaderThroughBalancer: nothing,
  isUnsealed: () => false,
  'raft.leader': () => 'vault-1',
  'raft.leads': () => false,
  'raft.isServingPeer': () => false,
  'raft.seesOtherLeader': nothing,
  'raft.seesMajorityBeside': nothing,
  'raft.seesVoter': nothing,
  'raft.seesLeader': nothing,
  'raft.seesCaughtUp': nothing,
  'loss.seesNobodyLead': nothing,
  'loss.seesClusterLost': nothing,
  'loss.seesQuorumLost': nothing,
  'loss.seesLost': nothing,
  'checks.newest': () => ({ key: 'a-backup' }),
  'checks.fetch': () => ({}),
  'checks.seesVersion': nothing,
  'checks.seesKeys': nothing,
  'secrets.seesSameOnEach': nothing,
  'snapshots.isUnderWay': () => false,
  'snapshots.untilInForce': nothing,
  'snapshots.initialize': () => ({ rootToken: { reveal: () => 'made-up' } }),
  'snapshots.tokenOfNow': () => ({ reveal: () => 'made-up' }),
  'keys.seesUnsealedByShares': nothing,
  'keys.peopleFor': nothing,
  'keys.barrierKey': () => ({ term: 1 }),
  'keys.held': () => ({ inForce: { shares: [] } }),
}
/** These give something, and are deeds all the same. */
const MAKES = ['snapshots.initialize', 'snapshots.tokenOfNow', 'keys.held']

/** An operator who keeps a list of what they have done. */
function operatorIn(looks: Looks): { operator: Operator; deeds: string[] } {
  const deeds: string[] = []
  const at = (path: string): unknown =>
    new Proxy(() => {}, {
      get: (_target, key) => {
        if (key === 'notes') return notes
        if (key === 'signIn') return () => at(path)
        return at(path === '' ? String(key) : `${path}.${String(key)}`)
      },
      apply: async () => {
        if (looks[path] === undefined || MAKES.includes(path)) deeds.push(path)
        return looks[path]?.()
      },
    })
  return { operator: at('') as Operator, deeds }
}

async function performed<A>({ perform }: Procedure<A>, given: A, looks: Looks = {}) {
  const { operator, deeds } = operatorIn({ ...LOOKS, ...looks })
  const step: Step = (_title, act) => act()
  const within = async () => {
    deeds.push('within')
    return { took: milliseconds(1), byPeople: [] }
  }
  const ended = await perform(operator, given, step, within).then(
    () => undefined,
    (error) => error,
  )
  return { ended, deeds }
}

const refused = () => {
  throw new Refusal('what should be', 'what is')
}
const never = () => {
  throw new NeverHappened('what should be', milliseconds(1), 'what is')
}

type Row = readonly [
  name: string,
  procedure: Procedure<never>,
  given: unknown,
  wrong: readonly [string, Looks][],
]

const row = <A>(procedure: Procedure<A>, given: A, wrong: Readonly<Record<string, Looks>>): Row => [
  procedure.name,
  procedure as Procedure<never>,
  given,
  Object.entries(wrong),
]

const keyAway = { 'the key of the seal is not enabled': { seesSealKeyEnabled: refused } }
const notHealthy = { 'a voter is not healthy': { seesHealthyVoters: never } }
const custody = { token: { reveal: () => 'made-up' } } as never

const ROWS: readonly Row[] = [
  row(
    rollingRestart,
    { nodes, custody },
    {
      ...notHealthy,
      ...keyAway,
      'a node leads that is not to be restarted': { 'raft.leader': () => 'vault-4' },
    },
  ),
  row(
    replaceNode,
    { node: third, custody },
    {
      ...keyAway,
      'no other node leads': { 'raft.seesOtherLeader': never },
      'the node is not lost': { 'loss.seesLost': refused },
    },
  ),
  row(
    isolateCorruptedNode,
    { node: third, custody },
    { ...keyAway, 'the others are no majority': { 'raft.seesMajorityBeside': never } },
  ),
  row(restartSealedNode, { node: third, custody }, keyAway),
  row(
    recoverQuorum,
    { survivor: first, lost: [second, third], custody },
    {
      ...keyAway,
      'there is a quorum, or nothing to go on from': { 'loss.seesQuorumLost': refused },
      'a node is not lost': { 'loss.seesLost': refused },
    },
  ),
  row(
    restoreCluster,
    { nodes, custody, bucket: 'a-bucket' },
    {
      'there is no backup': { 'checks.newest': refused },
      'its key is not enabled': { 'checks.seesKeys': refused },
      'the cluster is not lost': { 'loss.seesClusterLost': refused },
    },
  ),
  row(
    restoreInPlace,
    { nodes, custody, bucket: 'a-bucket', under: 'tenants' },
    { ...notHealthy, ...keyAway, 'its key is not enabled': { 'checks.seesKeys': refused } },
  ),
  row(
    monthlyDrill,
    { nodes, custody, access: {} as never, destroy: async () => {} },
    { ...notHealthy },
  ),
  row(rotateBarrierKey, { custody }, notHealthy),
  row(rotateKmsKey, { custody, admin: {} as never }, notHealthy),
  row(
    rotateRecoveryKeys,
    { custody, kept: { secret: 'a-secret', holders: {} as never } },
    notHealthy,
  ),
  row(
    unsealNodes,
    { nodes, shares: {} as never, custody },
    { 'shares open no node': { 'keys.seesUnsealedByShares': refused } },
  ),
]

/** Why nothing of these is held here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'generate-root-token': 'the server refuses shares that are not in force: operator-keys.test.ts',
  'audit-key-custody':
    'changes nothing of the cluster; has the fetched file and the spare for itself',
  'restore-verify': 'changes nothing of the cluster; has the fetched file and the spare for itself',
  'verify-backup': 'changes nothing of the cluster; has the fetched file for itself',
  'recover-secrets': 'asks the audit logs and a server of its own: operator-audit.test.ts',
  'rejoin-node': 'starts what is down with its disk; a node that runs is left alone',
  'renew-certificate':
    'takes what was issued for the names of the present one; nothing is restarted',
  'restart-balancer': 'starts what is down; a balancer that runs is left alone',
  'restore-key': 'enables the key; one that is enabled is left so',
  'start-all-nodes': 'starts what is down with its disk; a node that runs is left alone',
  'undelete-secret': 'the server refuses a version that is destroyed: soft-delete',
}

describe.each(ROWS)('%s', (_name, procedure, given, wrong) => {
  test('does something where all is as it should be', async () => {
    const { deeds } = await performed(procedure, given as never)
    expect(deeds).not.toEqual([])
  })

  test.each(wrong)('is refused, and has done nothing, when %s', async (_when, looks) => {
    const { ended, deeds } = await performed(procedure, given as never, looks)
    expect(ended).toBeInstanceOf(Refusal)
    expect(deeds).toEqual([])
  })
})

test('every procedure that changes the cluster has its wrong states here, or it says where', async () => {
  const changing = (await allProcedures()).filter(({ besideOthers }) => besideOthers !== true)
  const named = [...ROWS.map(([name]) => name), ...Object.keys(ELSEWHERE)]
  expect(named.toSorted()).toEqual(changing.map(({ name }) => name).toSorted())
})

describe('a restore of the cluster', () => {
  const given = { nodes, custody, bucket: 'a-bucket' }

  test('lets clients in again when a node leads at the last look', async () => {
    const looks = { 'loss.seesNobodyLead': refused }
    const { ended, deeds } = await performed(restoreCluster, given, looks)
    expect(ended).toBeInstanceOf(Refusal)
    expect(deeds).toEqual(['closeBalancer', 'openBalancer'])
  })

  test('that is resumed asks for no loss, and is refused when another node than the first leads', async () => {
    notes.write('restore-progress', 'begun')
    const { deeds } = await performed(restoreCluster, given, { 'loss.seesClusterLost': refused })
    expect(deeds).toContain('renewMachine')
    notes.write('restore-progress', 'begun')
    const led = await performed(restoreCluster, given, { 'loss.seesNobodyLead': refused })
    expect(led).toMatchObject({ ended: expect.any(Refusal), deeds: [] })
  })

  test('that is resumed after the restore asks for nothing of it', async () => {
    notes.write('restore-progress', 'restored')
    const looks = { 'loss.seesClusterLost': refused, 'loss.seesNobodyLead': refused }
    const { ended, deeds } = await performed(restoreCluster, given, looks)
    expect(ended).toBeUndefined()
    expect(deeds).toContain('restart')
  })
})

describe('who may join the others to a cluster that was restored', () => {
  test.each([
    ['whoever has a token does', { token: { reveal: () => 'made-up' } }, ['raft.join']],
    ['a root token that is made for it does', { shares: { secret: 'a-secret' } }, ['within']],
  ])('%s', async (_, custody, joining) => {
    const given = { nodes, custody: custody as never, bucket: 'a-bucket' }
    const { ended, deeds } = await performed(restoreCluster, given)
    expect(ended).toBeUndefined()
    const seen = deeds.filter((deed) => deed === 'raft.join' || deed === 'within')
    expect([...new Set(seen)]).toEqual(joining)
  })
})

describe('a replacement that is resumed', () => {
  test('takes the half-made new node for the lost one', async () => {
    notes.write(`node-replaced-${third.name}`, third.name)
    const { ended, deeds } = await performed(
      replaceNode,
      { node: third, custody },
      { 'loss.seesLost': refused },
    )
    expect(ended).toBeUndefined()
    expect(deeds).toEqual(['raft.remove', 'renewMachine', 'raft.join'])
  })

  test('of another node asks whether this one is lost', async () => {
    notes.write(`node-replaced-${second.name}`, second.name)
    const { ended } = await performed(
      replaceNode,
      { node: third, custody },
      { 'loss.seesLost': refused },
    )
    expect(ended).toBeInstanceOf(Refusal)
  })

  test('after its end begins anew', async () => {
    await performed(replaceNode, { node: third, custody })
    const { ended } = await performed(
      replaceNode,
      { node: third, custody },
      { 'loss.seesLost': refused },
    )
    expect(ended).toBeInstanceOf(Refusal)
  })

  test.each([
    ['rejoin-node', rejoinNode],
    ['isolate-corrupted-node', isolateCorruptedNode],
  ])('is over where %s has brought the node back', async (_name, procedure) => {
    notes.write(`node-replaced-${third.name}`, third.name)
    await performed(procedure, { node: third, custody })
    const looks = { 'loss.seesLost': refused }
    const { ended } = await performed(replaceNode, { node: third, custody }, looks)
    expect(ended).toBeInstanceOf(Refusal)
  })

  test('leaves a new node alone that serves, whatever the key', async () => {
    const looks = { 'raft.isServingPeer': () => true, seesSealKeyEnabled: refused }
    const { ended, deeds } = await performed(replaceNode, { node: third, custody }, looks)
    expect(ended).toBeUndefined()
    expect(deeds).toEqual(['raft.join'])
  })
})

test('a node that is not sealed is not restarted', async () => {
  const { ended, deeds } = await performed(
    restartSealedNode,
    { node: third, custody },
    { isUnsealed: () => true, seesSealKeyEnabled: refused },
  )
  expect(ended).toBeUndefined()
  expect(deeds).toEqual([])
})
