import { beforeEach, describe, expect, test } from 'vitest'
import type { Fault, FaultPlan } from '../faults/fault.ts'
import { kmsDenied, kmsFailing, kmsThrottled } from '../faults/kms-answers.ts'
import { keyDisabled, keyPendingDeletion } from '../faults/kms-keys.ts'
import { kmsBlackholed, kmsRefused, kmsReset, kmsSlow } from '../faults/kms-links.ts'
import { bite, context, healsFromDisk } from '../faults/made-proof.ts'
import { milliseconds, seconds } from '../lib/duration.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { onStage } from '../made-stage.ts'
import { Inspection } from './inspection.ts'

const on = onStage('seal-signs')

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

async function under<T>(fault: Fault, look: () => Promise<T>): Promise<T> {
  const { plan } = await bite<FaultPlan>(on().cluster, fault)
  try {
    return await look()
  } finally {
    await healsFromDisk(on().cluster, fault, plan)
  }
}

describe('a snapshot of a running leader', () => {
  const inspect = () => new Inspection(on().cluster)

  test.each([
    ['refused', kmsRefused],
    ['reset', kmsReset],
    ['throttled', kmsThrottled],
    ['failing', kmsFailing],
    ['denied', kmsDenied],
    ['without its key', keyDisabled],
    ['about to lose its key', keyPendingDeletion],
  ] satisfies [string, () => Fault][])('is incomplete while the KMS is %s', async (_, fault) => {
    expect(await under(fault(), () => inspect().snapshot())).toBe('incomplete')
    expect(await inspect().snapshot()).toBe('complete')
  })

  test('is complete while the KMS is slow', async () => {
    const slow = kmsSlow('all', milliseconds(500))
    expect(await under(slow, () => inspect().snapshot())).toBe('complete')
  })
})

describe('a standby that starts', () => {
  test.each([
    ['the KMS refuses', kmsRefused, 'error fetching AWS KMS wrapping key information'],
    ['the KMS says nothing', kmsBlackholed, 'waits for an answer of the KMS'],
    ['its key is disabled', keyDisabled, 'failed to unseal core'],
  ] satisfies [string, () => Fault, string][])('while %s shows it', async (_, fault, sign) => {
    const { cluster } = on()
    const [standby] = await cluster.standbys()
    if (standby === undefined) throw new Error('there is no standby')
    const inspect = new Inspection(cluster)
    expect(await inspect.unsealAttempt(standby)).toBe('none')
    const seen = await under(fault(), async () => {
      await standby.restart()
      const look = async () => {
        const attempt = await inspect.unsealAttempt(standby)
        return attempt === sign ? happened(attempt) : notYet(attempt)
      }
      return until('it shows', look, { within: seconds(20), every: milliseconds(200) })
    })
    expect(seen).toBe(sign)
    await standby.restart()
    await standby.is(['standby'], { within: seconds(30) })
  })
})
