import { beforeEach, expect, test } from 'vitest'
import { Inspection } from '../cluster/inspection.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { auditGone } from './audit.ts'
import { auditFull, dataFull, dataReadOnly, type VolumePlan } from './disk.ts'
import type { Fault } from './fault.ts'
import { context, provesItself } from './made-proof.ts'

const on = onStage('disk-faults', { dataMiB: 256, audit: 'small' })

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

/** A server with nothing to write does not notice that it could not. */
async function whileWriting(fault: Fault<VolumePlan>): Promise<string> {
  const { cluster } = on()
  let witness = ''
  await new Inspection(cluster).writeLargeWhile(async () => {
    witness = await provesItself(cluster, fault)
  })
  return witness
}

test('the data volume of a standby is full, and with room again the standby is whole', async () => {
  const witness = await whileWriting(dataFull('standby'))
  expect(witness).toMatch(/^0 bytes are free in \/data of vault-\d; its server's log says so \d+/)
})

test('the data volume of the leader is full, and with room again the cluster is whole', async () => {
  const { cluster } = on()
  const leader = await cluster.leader()
  const witness = await whileWriting(dataFull(leader))
  expect(witness).toMatch(/^0 bytes are free in \/data of vault-\d; its server's log says so \d+/)
  await leader.is(['leader', 'standby'], { within: seconds(60) })
})

test('a standby finds its data volume read-only, and can write after healing', async () => {
  const witness = await provesItself(on().cluster, dataReadOnly('standby'))
  expect(witness).toMatch(/Read-only file system; the server's log says so \d+ times$/)
})

test('the audit volume of the leader is full, and calls leave entries after healing', async () => {
  const witness = await whileWriting(auditFull('leader'))
  expect(witness).toMatch(/^0 bytes are free in \/audit of vault-\d; its server's log says so \d+/)
})

test('the audit file of the leader is gone, and calls leave entries after healing', async () => {
  const witness = await provesItself(on().cluster, auditGone('leader'))
  expect(witness).toMatch(/an audited call got \d+ while health is 200$/)
})
