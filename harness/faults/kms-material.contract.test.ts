import { beforeEach, describe, expect, test } from 'vitest'
import type { Kms } from '../aws/kms.ts'
import { S3 } from '../aws/s3.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { addressOf, emulatorOf, withKms } from './kms-emulator.ts'
import { keyLost, keyReplaced, kmsForgotten, kmsRestarted } from './kms-material.ts'
import { context, provesFinal, provesItself } from './made-proof.ts'

const on = onStage('kms-material', { aws: 'own' })

beforeEach(async () => {
  await on().cluster.converge(context.signal)
})

const GONE = /^Decrypt in vault-\d of what the key closed before: 400 /

/** What no fault and no procedure can: only this process still knows the material. */
const seedAgain = (): Promise<void> => {
  const { cluster, docker } = on()
  return withKms(docker, emulatorOf(cluster), (kms: Kms) => kms.seed(cluster.aws.key))
}

async function restartedStandbyUnseals(): Promise<void> {
  const [standby] = await on().cluster.standbys()
  await standby?.restart()
  await standby?.is(['standby'], { within: seconds(30) })
}

describe('what the key closed before opens no more', () => {
  test('under another material, and opens again with the old one', async () => {
    expect(await provesItself(on().cluster, keyReplaced())).toMatch(GONE)
    await restartedStandbyUnseals()
  })

  test('after the emulator restarted, until it has its key and its bucket back', async () => {
    const { cluster, docker } = on()
    expect(await provesItself(cluster, kmsRestarted())).toMatch(GONE)
    const s3 = await S3.at(await addressOf(docker, emulatorOf(cluster)))
    expect(await s3.list(cluster.aws.bucket)).toEqual([])
    s3.close()
    await restartedStandbyUnseals()
  })

  test('when nobody has kept the material, whatever is done', async () => {
    expect(await provesFinal(on().cluster, keyLost())).toMatch(GONE)
    await seedAgain()
  })

  test('when the emulator restarted and nobody has kept it', async () => {
    expect(await provesFinal(on().cluster, kmsForgotten())).toMatch(GONE)
    await seedAgain()
    await restartedStandbyUnseals()
  })
})
