import { type Kms, newKey } from '../aws/kms.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { happened, type Look, notYet } from '../lib/until.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { encryptThrough, type KmsDoor, kmsDoor } from './kms-call.ts'
import { type Emulator, emulatorOf, withKms } from './kms-emulator.ts'

/** The KMS is well; the key that the seal uses is not. */

/** The cluster's own key, and a node's door to see it through. */
export type KmsKeyPlan = FaultPlan & {
  readonly emulator: Emulator
  readonly id: string
  readonly alias: string
  readonly door: KmsDoor
}

export type AliasPlan = KmsKeyPlan & { readonly other: string }

const SOURCE = 'RB:320-332, 340-351'

const DISABLED = unusable('key-disabled', '400 DisabledException', (kms, id) => kms.disable(id), {
  does: 'the key of the seal is disabled',
  witnessed: 'a fresh Encrypt through a node’s link gets DisabledException',
  cannotShow: 'a KMS that cannot be reached: it answers, so a node that starts does not exit',
})

const PENDING_DELETION = unusable(
  'key-pending-deletion',
  '400 KMSInvalidStateException',
  (kms, id) => kms.scheduleDeletion(id),
  {
    does: 'the key of the seal is scheduled for deletion',
    witnessed: 'a fresh Encrypt through a node’s link gets KMSInvalidStateException',
    cannotShow: 'the deletion itself, which AWS does after 7 days at the earliest',
  },
)

/**
 * The mildest kind of a wrong key: what was encrypted before can still be decrypted, because the
 * ciphertext names its key, so nothing fails until the old key is gone.
 */
const ALIAS_MOVED: FaultKind<AliasPlan> = {
  name: 'key-alias-moved',
  family: 'kms',
  does: 'the alias that the seal uses points at another key from now on',
  witnessed: 'a fresh ciphertext that a node gets for the alias names another key',
  cannotShow: 'a failure: the old key still decrypts what it encrypted',
  source: 'RB:340-351, 412',
  final: false,
  targets: ['key'],
  parameters: {},
  needs: [],
  async plan(cluster, aim, seed) {
    const plan = await keyPlan(cluster, aim.target)
    const hex = [0, 1, 2]
      .map((part) => Math.floor(seed.fraction(`other key ${plan.id} ${part}`) * 2 ** 48))
      .map((number) => number.toString(16).padStart(12, '0'))
      .join('')
    const other = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return { ...plan, other }
  },
  async inject({ docker }, { emulator, alias, other }, { clock }) {
    return withKms(docker, emulator, async (kms) => {
      // One of an earlier time is kept: what it encrypted then can be opened with nothing else.
      const isThere = await kms.describe(other).then(
        () => true,
        () => false,
      )
      if (!isThere) await kms.seed({ ...newKey('alias/drill-other'), id: other })
      const issued = clock.now()
      await kms.pointAlias(alias, other)
      return { issued, proven: clock.now() }
    })
  },
  async witness({ docker }, { door, alias, other }) {
    const [call] = await encryptThrough(docker, [door], alias)
    const named = call?.key?.split('/').at(-1) ?? 'no key'
    return named === other
      ? happened(`an Encrypt of ${door.pod} for ${alias} used key ${other}`)
      : notYet(`an Encrypt of ${door.pod} for ${alias} used ${named} (${call?.outcome})`)
  },
  // The other key stays, enabled: what was encrypted meanwhile can only be opened with it.
  heal: (docker, { emulator, alias, id }) =>
    withKms(docker, emulator, (kms) => kms.pointAlias(alias, id)),
  residue: (docker, { emulator, alias, id }) =>
    withKms(docker, emulator, async (kms) => {
      const { arn } = await kms.describe(alias)
      return arn.endsWith(`/${id}`) ? [] : [`${alias} points at ${arn}, not at ${id}`]
    }),
}

export const KMS_KEY_FAULTS: readonly FaultKind[] = [DISABLED, PENDING_DELETION, ALIAS_MOVED]

/**
 * The key of the cluster's seal is disabled: a wrong click, or somebody who cleans up. Or the one
 * of this id, which may be the former one.
 */
export const keyDisabled = (id = 'key'): Fault<KmsKeyPlan> => aimed(DISABLED, id)

/** The key of the cluster's seal is scheduled for deletion. */
export const keyPendingDeletion = (): Fault<KmsKeyPlan> => aimed(PENDING_DELETION)

export const keyAliasMoved = (): Fault<AliasPlan> => aimed(ALIAS_MOVED)

/** @throws {CannotPlan} for any other target than the one key that a cluster has. */
export async function keyPlan(cluster: Cluster, target: string): Promise<KmsKeyPlan> {
  if (target !== 'key') throw new CannotPlan(`the cluster has one KMS key, "key", not "${target}"`)
  const { id, alias } = cluster.aws.key
  const leader = await cluster.leader()
  return {
    target,
    touches: [cluster.aws.container],
    emulator: emulatorOf(cluster),
    id,
    alias,
    door: kmsDoor(cluster, leader.name),
  }
}

function unusable(
  name: string,
  refusal: string,
  act: (kms: Kms, id: string) => Promise<void>,
  told: Pick<FaultKind, 'does' | 'witnessed' | 'cannotShow'>,
): FaultKind<KmsKeyPlan> {
  return {
    name,
    family: 'kms',
    ...told,
    source: SOURCE,
    final: false,
    targets: ['key', '<id of a key>'],
    parameters: {},
    needs: [],
    async plan(cluster, { target }) {
      if (target === 'key') return keyPlan(cluster, target)
      const { emulator, ...plan } = await keyPlan(cluster, 'key')
      const isThere = await withKms(cluster.docker, emulator, (kms) => kms.describe(target)).then(
        () => true,
        () => false,
      )
      if (!isThere) throw new CannotPlan(`there is no KMS key "${target}"`)
      return { ...plan, emulator, target, id: target, alias: target }
    },
    inject: ({ docker }, { emulator, id }, { clock }) =>
      withKms(docker, emulator, async (kms) => {
        const issued = clock.now()
        await act(kms, id)
        return { issued, proven: clock.now() }
      }),
    async witness({ docker }, { door, alias }): Promise<Look<string>> {
      const [call] = await encryptThrough(docker, [door], alias)
      const text = `Encrypt in ${door.pod}: ${call?.outcome}`
      return call?.outcome === refusal ? happened(text) : notYet(text)
    },
    heal: (docker, { emulator, id }) => withKms(docker, emulator, (kms) => kms.restore(id)),
    residue: (docker, { emulator, id }) =>
      withKms(docker, emulator, async (kms) => {
        const { state } = await kms.describe(id)
        return state === 'Enabled' ? [] : [`KMS key ${id} is ${state}`]
      }),
  }
}
