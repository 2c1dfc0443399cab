import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Node } from '../cluster/node.ts'
import type { Operator } from '../cluster/operator.ts'
import { OperatorNotes } from '../cluster/operator-notes.ts'
import { Refusal } from '../cluster/refusal.ts'
import { nobody } from '../procedure-steps.ts'
import type { Step } from './procedure.ts'
import { recoverQuorum } from './recover-quorum.ts'

const node = (name: string) => ({ name }) as Node
const [survivor, ...lost] = ['vault-1', 'vault-2', 'vault-3'].map(node) as [Node, Node, Node]

let notes: OperatorNotes
beforeEach(() => {
  notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-quorum-')))
})
afterEach(() => rmSync(notes.folder, { recursive: true }))

type World = { leader?: string; readonly answers?: readonly string[] }

/** What the operator did to the nodes, in order; `stopsAt` is the deed in which they are gone. */
async function performed(world: World, stopsAt?: string): Promise<readonly string[]> {
  const done: string[] = []
  const doing = (deed: string) => {
    if (deed === stopsAt) throw new Error('gone')
    done.push(deed)
  }
  const operator = {
    notes,
    loss: {
      seesQuorumLost: async (
        _survivor: Node,
        _lost: readonly Node[],
        { leads }: { readonly leads: readonly Node[] },
      ) => {
        const { leader } = world
        if (leader !== undefined && !leads.some(({ name }) => name === leader))
          throw new Refusal('no node that leads', `${leader} leads`)
      },
      seesLost: async (nodes: readonly Node[]) => {
        const [there] = nodes.filter(({ name }) => world.answers?.includes(name))
        if (there !== undefined) throw new Refusal(`${there.name} is lost`, 'standby')
      },
    },
    seesSealKeyEnabled: async () => {},
    stop: async ({ name }: Node) => doing(`stop ${name}`),
    start: async ({ name }: Node) => {
      doing(`start ${name}`)
      world.leader = name
    },
    renewMachine: async ({ name }: Node) => doing(`renew ${name}`),
    seesJoinDecided: async () => 'joined',
    seesHealthyVoters: async () => {},
    seesLeaderThroughBalancer: async () => {},
    raft: {
      leads: async ({ name }: Node) => world.leader === name,
      writePeersFile: async ({ name }: Node) => doing(`write ${name}`),
      seesLeader: async () => {},
      isServingPeer: async () => false,
      remove: async () => {},
      join: async () => {},
    },
  } as unknown as Operator
  const step: Step = async (_title, act) => act()
  await recoverQuorum
    .perform(operator, { survivor, lost, custody: nobody }, step, undefined as never)
    .catch((error) => done.push(error instanceof Refusal ? 'refused' : error.message))
  return done
}

const JOINED = ['renew vault-2', 'renew vault-3']
const STOPPED = ['stop vault-1', 'stop vault-2', 'stop vault-3']

test('without a leader the node that is left is made one, and the others are new', async () => {
  const done = await performed({})
  expect(done).toEqual([...STOPPED, 'write vault-1', 'start vault-1', ...JOINED])
})

test.each([
  ['the node that is left leads, with a quorum', { leader: 'vault-1' }],
  ['another leads', { leader: 'vault-2' }],
  ['a node that is said to be lost answers', { answers: ['vault-3'] }],
])('nothing is touched when %s', async (_why, world) => {
  expect(await performed(world)).toEqual(['refused'])
})

test('who was interrupted while it leads alone goes on and does not stop it', async () => {
  const world: World = {}
  await performed(world, 'renew vault-2')
  expect(world.leader).toBe('vault-1')
  expect(await performed(world)).toEqual(JOINED)
})

test('who was interrupted before it led begins anew, unless the others lead by then', async () => {
  await performed({}, 'start vault-1')
  expect(await performed({ leader: 'vault-2' })).toEqual(['refused'])
  expect(await performed({})).toEqual([...STOPPED, 'write vault-1', 'start vault-1', ...JOINED])
})

test('afterwards a leader is a leader again', async () => {
  const world: World = {}
  await performed(world)
  expect(await performed(world)).toEqual(['refused'])
})
