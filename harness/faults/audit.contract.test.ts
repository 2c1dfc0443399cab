import { beforeEach, expect, test } from 'vitest'
import { AuditTrail } from '../cluster/audit-trail.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { onStage } from '../made-stage.ts'
import { auditBlocked, auditGone, auditLagging } from './audit.ts'
import { planFault } from './bring-about.ts'
import { auditFull, dataFull } from './disk.ts'
import { CannotPlan } from './fault.ts'
import { context, provesItself } from './made-proof.ts'
import { diskSlow } from './slow-disk.ts'

const on = onStage('audit-faults', { audit: 'piped-two' })

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

test('a blocked audit device hangs what is audited and not the health, until it is read', async () => {
  const witness = await provesItself(on().cluster, auditBlocked('leader'))
  expect(witness).toMatch(/grew by 0 bytes in 0\.5 s; an audited call got \w+ while health is 200$/)
})

test('a lagging audit device passes entries at the pace of its reader', async () => {
  const witness = await provesItself(on().cluster, auditLagging('leader', { kibPerSecond: 8 }))
  expect(witness).toMatch(/grew by [1-9]\d* bytes in 0\.5 s; an audited call got/)
})

test('nobody fills a volume without a limit, nor moves away a pipe', async () => {
  const { cluster } = on()
  for (const fault of [dataFull('leader'), auditGone('leader')]) {
    await expect(planFault(fault, cluster, context)).rejects.toThrow(CannotPlan)
  }
  await expect(planFault(auditFull('leader'), cluster, context)).resolves.toMatchObject({
    folder: '/audit',
  })
})

test('without its audit device the leader answers, and the trail misses every call', async () => {
  const { cluster } = on()
  const file = '/drill/config.hcl'
  const configured = await Promise.all(cluster.nodes.map(({ vault }) => vault.read(file)))
  const reload = async (change: (text: string) => string) => {
    await Promise.all(
      cluster.nodes.map(async ({ vault }, i) => {
        await vault.put([{ path: file, content: change(configured[i] as string) }])
        await vault.signal('SIGHUP')
      }),
    )
  }
  const before = new AuditTrail(cluster)
  await before.write(3)
  expect(before.acknowledged).toBe(3)
  expect(await before.read()).toEqual({
    missing: [],
    nodes: [(await cluster.leader()).name],
    inClear: [],
  })

  await reload((text) => text.replace(/^audit [\s\S]*?^}\n/gm, ''))
  const without = new AuditTrail(cluster)
  await until(
    'a write leaves no entry',
    async () => {
      await without.write(1)
      const { missing } = await without.read()
      return missing.length > 0 ? happened(true) : notYet('all have entries')
    },
    { within: seconds(20), every: milliseconds(200) },
  )
  await reload((text) => text)
})

test('a slow disk is felt by whoever syncs to it in the cgroup of the server', async () => {
  const witness = await provesItself(on().cluster, diskSlow('leader', { writesPerSecond: 20 }))
  expect(witness).toMatch(/^fdatasync on the disk of vault-\d takes \d{2,}\.\d ms$/)
})
