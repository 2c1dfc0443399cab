import { beforeEach, describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { planFault } from './bring-about.ts'
import { CannotPlan, type Fault, type FaultPlan } from './fault.ts'
import { kmsDenied, kmsFailing, kmsThrottled } from './kms-answers.ts'
import { keyAliasMoved, keyDisabled, keyPendingDeletion } from './kms-keys.ts'
import { kmsBlackholed, kmsRefused, kmsReset, kmsSlow } from './kms-links.ts'
import { bite, context, healsFromDisk, provesItself } from './made-proof.ts'
import { nodeSealed } from './seal.ts'

const on = onStage('kms-faults')

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

const all = (outcome: string): RegExp =>
  new RegExp(`^Encrypt through the link: (vault-\\d ${outcome} after \\d+ ms(, )?){3}; directly`)

describe('a KMS that', () => {
  test.each([
    ['refuses', kmsRefused, all('ConnectionRefusedError')],
    ['swallows', kmsBlackholed, all('TimeoutError')],
    ['resets', kmsReset, all('ConnectionResetError')],
    ['throttles', kmsThrottled, all('400 ThrottlingException')],
    ['fails', kmsFailing, all('500 KMSInternalException')],
    ['denies', kmsDenied, all('400 AccessDeniedException')],
  ] satisfies [string, () => Fault, RegExp][])(
    '%s is seen in every pod and not from outside, and is well again',
    async (...row) => {
      const [, fault, witnessed] = row
      expect(await provesItself<FaultPlan>(on().cluster, fault())).toMatch(witnessed)
    },
  )

  test('is slow for one node is slow for no other', async () => {
    const { cluster } = on()
    const [standby] = await cluster.standbys()
    if (standby === undefined) throw new Error('there is no standby')
    const witness = await provesItself(cluster, kmsSlow(standby, milliseconds(700)))
    const took = /^Encrypt through the link: (vault-\d) 200 after (\d+) ms/.exec(witness)
    expect(took?.[1]).toBe(standby.name)
    expect(Number(took?.[2])).toBeGreaterThanOrEqual(700)
  })

  test('refuses one node leaves the others’ links open', async () => {
    const { cluster } = on()
    const fault = kmsRefused('standby')
    const { plan, witness } = await bite(cluster, fault)
    expect(witness.match(/ConnectionRefusedError/g)).toHaveLength(1)
    const states = cluster.nodes.map(({ links }) => links.state('kms'))
    const closed = (await Promise.all(states)).filter(({ enabled }) => !enabled)
    expect(closed).toHaveLength(1)
    await healsFromDisk(cluster, fault, plan)
  })
})

describe('the key of the seal', () => {
  test.each([
    ['disabled', keyDisabled, /^Encrypt in vault-\d: 400 DisabledException$/],
    ['pending deletion', keyPendingDeletion, /^Encrypt in vault-\d: 400 KMSInvalidStateException$/],
    ['another one by its alias', keyAliasMoved, /^an Encrypt of vault-\d for alias\/.* used key/],
  ] as const)('%s is seen through a node’s link, and is the old one again', async (...row) => {
    const [, fault, witnessed] = row
    const { cluster } = on()
    expect(await provesItself(cluster, fault())).toMatch(witnessed)
    const node = await cluster.leader()
    await node.restart()
    await node.is(['leader', 'standby'], { within: seconds(30) })
  })
})

test('a leader that is sealed is followed by another, and unseals by a restart', async () => {
  const { cluster } = on()
  const leader = await cluster.leader()
  const { plan, witness } = await bite(cluster, nodeSealed(leader))
  expect(witness).toMatch(/^vault-\d is sealed; vault-\d leads in term \d+, before \d+$/)
  expect((await leader.health()).status).toBe(503)
  await expect(planFault(nodeSealed(leader), cluster, context)).rejects.toThrow(CannotPlan)
  await healsFromDisk(cluster, nodeSealed(leader), plan)
  expect((await leader.health()).status).not.toBe(503)
})
