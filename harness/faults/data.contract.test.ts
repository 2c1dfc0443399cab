import { describe, expect, test } from 'vitest'
import { onStage } from '../made-stage.ts'
import { VaultError } from '../vault/error.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import { createToken, writePolicy } from '../vault/setup.ts'
import { deletedPolicy, disabledMount, revokedToken } from './access.ts'
import { planFault } from './bring-about.ts'
import { CannotPlan, type Fault } from './fault.ts'
import { bite, context, healsFromDisk, provesFinal, refusesSecond } from './made-proof.ts'
import { flippedData, flippedHeader, truncatedData, wipedData } from './raft-files.ts'
import { deletedSecret, deletedTenant, destroyedSecret, purgedSecret } from './secrets.ts'

// All of these are final, so the tests stand in the order of what they leave.
const on = onStage('data-faults')

/** The one standby that the tests of files damage, one way after another. */
let victim = ''

const PATH = 'tenants/t1/exchanges/binance/trading'

async function fill(path: string, versions: number): Promise<void> {
  for (let i = 0; i < versions; i++) {
    await writeSecret(on().cluster.viaBalancer(), path, { secret: `value ${i}` })
  }
}

describe('a secret', () => {
  test.each<[string, string, (path: string) => Fault, RegExp]>([
    ['deleted', 'a', deletedSecret, /^vault-1: soft-deleted, 2 of 3 versions left, vault-2: soft-/],
    ['destroyed', 'b', destroyedSecret, /^vault-1: destroyed, 0 of 3 versions left, vault-2: dest/],
    ['purged', 'c', purgedSecret, /^vault-1: absent, 0 of 3 versions left, vault-2: absent/],
  ])(
    'is seen to be %s on every node, and healing changes nothing',
    async (_how, name, fault, said) => {
      const path = `${PATH}-${name}`
      await fill(path, 3)
      await fill(`${path}-other`, 1)
      expect(await provesFinal(on().cluster, fault(path))).toMatch(said)
      const other = await readSecret(on().cluster.viaBalancer(), `${path}-other`)
      expect(other).toMatchObject({ state: 'present', version: 1 })
    },
  )

  test('of one tenant is deleted with all others of that tenant alone', async () => {
    const { cluster } = on()
    await fill('tenants/t2/exchanges/binance/trading', 2)
    await fill('tenants/t2/exchanges/kraken', 1)
    await fill('tenants/t3/exchanges/kraken', 1)
    const witness = await provesFinal(cluster, deletedTenant('t2'))
    expect(witness).toBe('vault-1: none of 2, vault-2: none of 2, vault-3: none of 2')
    const kept = await readSecret(cluster.viaBalancer(), 'tenants/t3/exchanges/kraken')
    expect(kept).toMatchObject({ state: 'present' })
  })
})

test('a revoked token is unknown to every node, and its plan does not hold it', async () => {
  const { cluster } = on()
  const root = cluster.viaBalancer()
  const token = await createToken(root, { policies: ['tenant-access'], ttl: '1h' })
  const { body } = await root.request<{ data: { accessor: string } }>('POST', 'auth/token/lookup', {
    body: { token },
  })
  const fault = revokedToken(body.data.accessor)
  const { plan, witness } = await bite(cluster, fault)
  expect(witness).toBe('vault-1: unknown, vault-2: unknown, vault-3: unknown')
  expect(JSON.stringify(plan)).not.toContain(token.reveal())
  await refusesSecond(cluster, fault, plan)
  await healsFromDisk(cluster, fault, plan)
})

test('a deleted policy is there on no node', async () => {
  const { cluster } = on()
  const rules = 'path "secret/data/x" { capabilities = ["read"] }'
  await writePolicy(cluster.viaBalancer(), { name: 'doomed', rules })
  const witness = await provesFinal(cluster, deletedPolicy('doomed'))
  expect(witness).toBe('vault-1: 404, vault-2: 404, vault-3: 404')
})

test.each<[string, Fault]>([
  ['secret', purgedSecret('tenants/none')],
  ['destroyed secret', destroyedSecret(`${PATH}-b`)],
  ['tenant', deletedTenant('none')],
  ['policy', deletedPolicy('none')],
  ['mount', disabledMount('none')],
  ['token', revokedToken('none')],
  ['node', wipedData('vault-9')],
])('where there is no %s, nothing can be planned', async (_what, fault) => {
  await expect(planFault(fault, on().cluster, context)).rejects.toThrow(CannotPlan)
})

describe('a standby whose disk is damaged', () => {
  test('by a flipped bit in each stored secret answers, but not for what was flipped', async () => {
    const { cluster } = on()
    await cluster.converge(context.signal)
    const standby = context.seed.pick('victim', await cluster.standbys())
    victim = standby.name
    const witness = await provesFinal(cluster, flippedData(standby, 100))
    expect(witness).toMatch(/^(\d+) of \1 entries differ on vault-\d, none on vault-\d, vault-\d; /)
    expect(witness).toMatch(/vault-\d is standby \(429\)$/)
    const path = 'tenants/t3/exchanges/kraken'
    expect(await readSecret(cluster.viaBalancer(), path)).toMatchObject({ state: 'present' })
    // This product's standbys answer reads from their own copy.
    const here = readSecret(cluster.onNode(standby), path)
    await expect(here).rejects.toThrow(VaultError)
    await expect(here).rejects.toThrow(/answered 500.*message authentication failed/)
  })

  test.each<[string, (node: string) => Fault, RegExp]>([
    ['by a truncation to half of it', truncatedData, /before \d+, of which \d+ in use; its server/],
    ['by a bit in the first pages', flippedHeader, /no valid first page; its server ended with/],
    ['by the deletion of all files', wipedData, /is uninitialized \(501\)$/],
  ])('%s says so when it starts', async (_how, fault, said) => {
    const { cluster } = on()
    expect(await provesFinal(cluster, fault(victim))).toMatch(said)
  })
})

test('a disabled mount is listed by no node', async () => {
  const { cluster } = on()
  expect(await provesFinal(cluster, disabledMount())).not.toContain('secret/')
})
