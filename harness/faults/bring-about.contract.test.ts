import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Cluster } from '../cluster/cluster.ts'
import { happened, notYet } from '../lib/until.ts'
import { type Container, createContainer } from '../stack/container.ts'
import { labelsOf, type ThrowAway, throwAway } from '../throw-away.ts'
import {
  AlreadyInForce,
  FaultUnavailable,
  healFault,
  injectFault,
  NotOurs,
  planFault,
} from './bring-about.ts'
import { aimed, type FaultKind } from './fault.ts'
import { context } from './made-proof.ts'

/** The safety of every fault, on real containers; what the kinds do is their own tests' matter. */

let place: ThrowAway
let ours: Container
let foreign: Container
let bare: Container
beforeAll(async () => {
  place = await throwAway()
  const { reference: image } = await place.image('toolbox')
  ours = await place.container({ name: 'ours', image })
  const network = { name: place.network.name }
  const other = (name: string, labels: Readonly<Record<string, string>>) =>
    createContainer(place.docker.engine, {
      name: `drill-${place.run}-${name}`,
      image,
      network,
      labels,
    })
  foreign = await other('foreign', labelsOf('another'))
  bare = await other('bare', {})
})
afterAll(async () => {
  await Promise.all([foreign?.remove(), bare?.remove()])
  await place?.remove()
})

const NO_MATCH = 'iptables has no random match'
const cluster = () =>
  ({
    docker: place.docker,
    run: place.run,
    abilities: async () => ({ 'random-drop': NO_MATCH }),
  }) as unknown as Cluster

const touching = (...containers: readonly Container[]): FaultKind => ({
  name: 'cut',
  family: 'network',
  does: 'cuts',
  witnessed: 'a dial',
  cannotShow: 'loss',
  source: '-',
  final: false,
  targets: ['all'],
  parameters: {},
  needs: [],
  plan: async () => ({ target: 'all', touches: containers.map(({ id }) => id) }),
  inject: vi.fn(async () => ({ issued: 1, proven: 2 })),
  witness: async () => notYet('a dial works'),
  heal: vi.fn(async () => {}),
  residue: async () => ['a rule'],
})

test('a fault on containers of this run is planned, injected and healed', async () => {
  const kind = touching(ours)
  const plan = await planFault(aimed(kind), cluster(), context)
  await injectFault(kind, cluster(), plan, context)
  expect(await healFault(kind, place.docker, plan)).toEqual(['a rule'])
})

test.each([
  ['of another run', () => foreign, 'belongs to run another'],
  ['that is not ours', () => bare, 'has no label of ours'],
] as const)('a container %s is refused before anything happens', async (_whose, target, whose) => {
  const kind = touching(ours, target())
  await expect(planFault(aimed(kind), cluster(), context)).rejects.toThrow(
    `container ${target().id.slice(0, 12)} ${whose}: no fault touches it`,
  )
  const plan = await kind.plan(cluster(), aimed(kind).aim, context.seed)
  await expect(injectFault(kind, cluster(), plan, context)).rejects.toThrow(NotOurs)
  expect(kind.inject).not.toHaveBeenCalled()
})

test('healing needs no run of its own, but never touches what has no label', async () => {
  const kind = touching(foreign)
  const plan = await kind.plan(cluster(), aimed(kind).aim, context.seed)
  await healFault(kind, place.docker, plan)
  const alien = touching(bare)
  const alienPlan = await alien.plan(cluster(), aimed(alien).aim, context.seed)
  await expect(healFault(alien, place.docker, alienPlan)).rejects.toThrow(NotOurs)
  expect(alien.heal).not.toHaveBeenCalled()
})

test('a container that is gone stops nobody from healing', async () => {
  const gone = { id: 'f'.repeat(64) } as Container
  const kind = touching(gone)
  const plan = await kind.plan(cluster(), aimed(kind).aim, context.seed)
  await healFault(kind, place.docker, plan)
  expect(kind.heal).toHaveBeenCalledOnce()
})

test('what the kernel cannot do is refused with the reason', async () => {
  const kind: FaultKind = { ...touching(ours), needs: ['random-drop'] }
  await expect(planFault(aimed(kind), cluster(), context)).rejects.toThrow(
    new FaultUnavailable('cut', NO_MATCH),
  )
})

test('what is seen already is refused with what was seen', async () => {
  const kind: FaultKind = { ...touching(ours), witness: async () => happened('a dial fails') }
  await expect(planFault(aimed(kind), cluster(), context)).rejects.toThrow(
    new AlreadyInForce('cut', 'all', 'a dial fails'),
  )
})

test('a final fault leaves no residue that healing could be blamed for', async () => {
  const kind: FaultKind = { ...touching(ours), final: true }
  const plan = await kind.plan(cluster(), aimed(kind).aim, context.seed)
  expect(await healFault(kind, place.docker, plan)).toEqual([])
})
