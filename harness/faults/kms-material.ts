import { createCipheriv, randomBytes } from 'node:crypto'
import { newKey, type SeededKey } from '../aws/kms.ts'
import { S3 } from '../aws/s3.ts'
import { milliseconds, minutes } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { Container, statusOf } from '../stack/container.ts'
import type { Docker } from '../stack/docker.ts'
import { awaitLocalstack } from '../stack/localstack.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type Injection } from './fault.ts'
import { callKms } from './kms-call.ts'
import { addressOf, type Emulator, withKms } from './kms-emulator.ts'
import { type KmsKeyPlan, keyPlan } from './kms-keys.ts'

/** The material of the key is gone: what it closed stays closed until the material is back. */

export type MaterialPlan = KmsKeyPlan & {
  /** What the key closed before, in base64: only its material opens that. */
  readonly closed: string
  /** File in the emulator's container that keeps the material; absent of a final fault. */
  readonly kept?: string
  readonly bucket: string
}

const SOURCE = 'RB:340-351, 356'

const REPLACED: FaultKind<MaterialPlan> = {
  ...material('key-replaced', true),
  does: 'the key of the seal has another material under the same id and alias',
  witnessed: 'a Decrypt through a node’s link of what the key closed before is refused',
  cannotShow: 'a missing key: it is there, is enabled, and encrypts',
  async inject({ aws, docker }, plan, { clock }) {
    await keep(docker, plan, aws.key)
    return withKms(docker, plan.emulator, async (kms) => {
      const issued = clock.now()
      await kms.seed({ ...newKey(`alias/${plan.id}`), id: plan.id, alias: plan.alias })
      return { issued, proven: clock.now() }
    })
  },
}

const LOST: FaultKind<MaterialPlan> = {
  ...material('key-lost', false),
  does: 'the material of the key is overwritten and kept nowhere',
  witnessed: 'a Decrypt through a node’s link of what the key closed before is refused',
  cannotShow: 'a deleted key as AWS reports it: this one is there, is enabled, and encrypts',
  async inject({ docker }, plan, { clock }) {
    return withKms(docker, plan.emulator, async (kms) => {
      const issued = clock.now()
      await kms.seed({ ...newKey(`alias/${plan.id}`), id: plan.id, alias: plan.alias })
      return { issued, proven: clock.now() }
    })
  },
}

const RESTARTED: FaultKind<MaterialPlan> = {
  ...material('kms-restarted', true),
  does: 'the emulator restarts and comes back without keys, buckets and objects',
  witnessed: 'a Decrypt through a node’s link of what the key closed before is refused',
  cannotShow: 'a restart that AWS’s customers could see; healing brings no object back',
  async inject({ aws, docker }, plan, context) {
    await keep(docker, plan, aws.key)
    return restart(docker, plan.emulator, context)
  },
}

const FORGOTTEN: FaultKind<MaterialPlan> = {
  ...material('kms-forgotten', false),
  does: 'the emulator restarts, comes back empty, and nobody has kept its keys',
  witnessed: 'a Decrypt through a node’s link of what the key closed before is refused',
  cannotShow: 'an outage of the KMS: it answers, and knows the key no more',
  inject: ({ docker }, plan, context) => restart(docker, plan.emulator, context),
}

export const KMS_MATERIAL_FAULTS: readonly FaultKind[] = [REPLACED, LOST, RESTARTED, FORGOTTEN]

/** Another material under the same id: what was closed with the old one opens no more. */
export const keyReplaced = (): Fault<MaterialPlan> => aimed(REPLACED)

/** Nobody has the material any more: final. */
export const keyLost = (): Fault<MaterialPlan> => aimed(LOST)

/** The emulator loses all that it holds; healing gives it the key and an empty bucket. */
export const kmsRestarted = (): Fault<MaterialPlan> => aimed(RESTARTED)

/** The same, and nobody has the material any more: final. */
export const kmsForgotten = (): Fault<MaterialPlan> => aimed(FORGOTTEN)

/** What the four share: how the loss is seen, and how the material comes back where it was kept. */
function material(
  name: string,
  keeps: boolean,
): Omit<FaultKind<MaterialPlan>, 'does' | 'witnessed' | 'cannotShow' | 'inject'> {
  const whole = name.startsWith('kms-')
  return {
    name,
    family: 'kms',
    source: SOURCE,
    final: !keeps,
    targets: [whole ? 'emulator' : 'key'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }) {
      if (whole && target !== 'emulator') {
        throw new CannotPlan(`there is one emulator, "emulator", not "${target}"`)
      }
      if (whole && !cluster.aws.own) {
        throw new CannotPlan(
          'the emulator is shared with other clusters; this one has none of its own',
        )
      }
      const plan = { ...(await keyPlan(cluster, 'key')), target }
      return {
        ...plan,
        closed: closedBy(cluster.aws.key),
        bucket: cluster.aws.bucket,
        ...(keeps ? { kept: `/drill/kept/${plan.id}` } : {}),
      }
    },
    async witness({ docker }, { door, closed }) {
      const body = { CiphertextBlob: closed }
      const { outcome } = await callKms(docker, door, 'Decrypt', body)
      const text = `Decrypt in ${door.pod} of what the key closed before: ${outcome}`
      // A KMS that does not answer has lost nothing yet, nor has a key that may be enabled again.
      return /^400 (?!Disabled|KMSInvalidState)/.test(outcome) ? happened(text) : notYet(text)
    },
    async heal(docker, plan) {
      const kept = await keptMaterial(docker, plan)
      if (kept === undefined) return
      const giveBack = () =>
        withKms(docker, plan.emulator, (kms) =>
          kms.seed({ id: plan.id, alias: plan.alias, material: kept }),
        )
      if (!whole) await giveBack()
      else {
        await betweenRestarts(docker, plan.emulator, async () => {
          await giveBack()
          await makeBucket(docker, plan)
        })
      }
      await forgetKept(docker, plan)
    },
    async residue(docker, plan) {
      const left = (await keptMaterial(docker, plan)) === undefined ? [] : [`the file ${plan.kept}`]
      const opens = await withKms(docker, plan.emulator, (kms) =>
        kms.decrypt(Buffer.from(plan.closed, 'base64')),
      ).then(
        () => undefined,
        (error: Error) => error.message,
      )
      return opens === undefined ? left : [...left, `key ${plan.id} opens nothing: ${opens}`]
    },
  }
}

/**
 * Base64 of what only this material opens, in the emulator's own format (id, IV, tag, data). Made
 * here and not asked for, so that it tells a key whose material is gone already.
 */
function closedBy({ id, material: own }: SeededKey): string {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(own.reveal(), 'base64'), iv)
  const data = Buffer.concat([cipher.update('closed before the fault'), cipher.final()])
  return Buffer.concat([Buffer.from(id), iv, cipher.getAuthTag(), data]).toString('base64')
}

/**
 * The material is a secret, so no plan holds it. It is kept where it has been all the time, in
 * the emulator's container: that outlives the restart of its process, whoever heals can reach
 * it, and it is gone with the stack.
 */
async function keep(docker: Docker, plan: MaterialPlan, key: SeededKey): Promise<void> {
  const content = key.material.reveal()
  const path = plan.kept ?? ''
  await emulatorContainer(docker, plan).put([{ path, content, mode: 0o600 }])
}

async function keptMaterial(docker: Docker, plan: MaterialPlan): Promise<Secret | undefined> {
  if (plan.kept === undefined) return undefined
  try {
    const content = await emulatorContainer(docker, plan).read(plan.kept)
    return content === '' ? undefined : new Secret(content)
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** Emptied and not removed: a file can be put into any container, a command run only in some. */
const forgetKept = (docker: Docker, plan: MaterialPlan): Promise<void> =>
  emulatorContainer(docker, plan).put([{ path: plan.kept ?? '', content: '', mode: 0o600 }])

async function makeBucket(docker: Docker, { emulator, bucket }: MaterialPlan): Promise<void> {
  const s3 = await S3.at(await addressOf(docker, emulator))
  try {
    await s3.createBucket(bucket)
  } finally {
    s3.close()
  }
}

async function restart(
  docker: Docker,
  emulator: Emulator,
  { clock, signal }: Injection,
): Promise<{ readonly issued: number; readonly proven: number }> {
  const container = new Container(docker.engine, emulator.container, 'the emulator')
  const issued = clock.now()
  await container.restart()
  const proven = clock.now()
  const at = await addressOf(docker, emulator)
  await awaitLocalstack({ container, ip: emulator.inside.host }, at, ['kms', 's3'], signal)
  return { issued, proven }
}

/**
 * Acts on the emulator as it is from now on. Whoever died may have left it in the middle of its
 * restart, which the engine carries on, and what is given to the process before is lost with it.
 * @throws {NeverHappened} when it does not come up for a minute.
 */
async function betweenRestarts(
  docker: Docker,
  emulator: Emulator,
  act: () => Promise<void>,
): Promise<void> {
  const container = new Container(docker.engine, emulator.container, 'the emulator')
  const look = async () => {
    await container.start()
    const { startedAt } = await container.state()
    const at = await addressOf(docker, emulator)
    await awaitLocalstack({ container, ip: emulator.inside.host }, at, ['kms', 's3'])
    await act()
    const now = await container.state()
    return now.startedAt === startedAt
      ? happened(undefined)
      : notYet(`it started at ${startedAt} and again at ${now.startedAt}`)
  }
  await until('the emulator stays up and has what it lost', look, {
    within: minutes(1),
    every: milliseconds(100),
  })
}

const emulatorContainer = ({ engine }: Docker, { emulator }: MaterialPlan): Container =>
  new Container(engine, emulator.container, 'the emulator')
