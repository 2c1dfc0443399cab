import { happened, notYet } from '../lib/until.ts'
import type { VaultClient } from '../vault/client.ts'
import {
  destroySecret,
  listSecrets,
  purgeSecret,
  readSecret,
  readSecretMetadata,
  softDeleteSecret,
} from '../vault/kv.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { type LostKind, lost } from './lost-data.ts'

/** Faults in which a client with every right deletes what tenants have stored. */

export type SecretPlan = FaultPlan & {
  readonly path: string
  /** Those that have data, oldest first. */
  readonly versions: readonly number[]
}

const DELETED = lostSecret({
  name: 'secret-deleted',
  does: 'the latest version of a secret is deleted: it is hidden, and undelete shows it again',
  witnessed: 'every node says that the latest version was deleted',
  cannotShow: 'loss: the version is still there (see secret-destroyed)',
  source: 'RB:516-519; HLD:582-596',
  lose: (leader, { path }) => softDeleteSecret(leader, path),
  state: 'soft-deleted',
})

const DESTROYED = lostSecret({
  name: 'secret-destroyed',
  does: 'the data of every version of a secret is destroyed; that there were versions is known',
  witnessed: 'every node says that the latest version was destroyed, and counts no other one',
  cannotShow: 'bytes on disk: they may stand there until their pages are used again',
  source: 'RB:516-552',
  lose: (leader, { path, versions }) => destroySecret(leader, path, { versions }),
  state: 'destroyed',
})

const PURGED = lostSecret({
  name: 'secret-purged',
  does: 'a secret is deleted with its metadata and all versions, as delete_credentials does',
  witnessed: 'every node answers as if the path had never been written',
  cannotShow: 'when it was done: only the audit log knows that afterwards',
  source: 'RB:516-552; HLD:582-596',
  lose: (leader, { path }) => purgeSecret(leader, path),
  state: 'absent',
})

type TenantPlan = FaultPlan & { readonly prefix: string; readonly secrets: number }

const TENANT: FaultKind<TenantPlan> = lost<TenantPlan>({
  name: 'tenant-deleted',
  does: 'every secret of one tenant is deleted with its metadata',
  witnessed: "every node lists nothing below the tenant's path",
  cannotShow: 'a tenant that cannot log in: its entity and its role stay',
  source: 'RB:516-519; HLD:589',
  targets: ['<tenant>'],
  async find(leader, plan) {
    const prefix = `tenants/${plan.target}`
    const secrets = (await secretsBelow(leader, prefix)).length
    if (secrets === 0) throw new CannotPlan(`tenant ${plan.target} has no secret`)
    return { ...plan, prefix, secrets }
  },
  async lose(leader, { prefix }) {
    for (const path of await secretsBelow(leader, prefix)) await purgeSecret(leader, path)
  },
  async isGone(node, { prefix, secrets }) {
    const left = (await secretsBelow(node, prefix)).length
    return left === 0 ? happened(`none of ${secrets}`) : notYet(`${left} of ${secrets}`)
  },
})

export const SECRET_FAULTS: readonly FaultKind[] = [DELETED, DESTROYED, PURGED, TENANT]

/** The latest version is hidden. */
export const deletedSecret = (path: string): Fault<SecretPlan> => aimed(DELETED, path)

/** All versions are destroyed, their numbers stay. */
export const destroyedSecret = (path: string): Fault<SecretPlan> => aimed(DESTROYED, path)

/** No trace of it stays. */
export const purgedSecret = (path: string): Fault<SecretPlan> => aimed(PURGED, path)

/** No secret below `tenants/<tenant>` stays. */
export const deletedTenant = (tenant: string): Fault<TenantPlan> => aimed(TENANT, tenant)

type Told = Pick<
  LostKind<SecretPlan>,
  'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'lose'
>

function lostSecret({
  state,
  ...told
}: Told & {
  readonly state: 'soft-deleted' | 'destroyed' | 'absent'
}): FaultKind<SecretPlan> {
  return lost<SecretPlan>({
    ...told,
    targets: ['<path>'],
    async find(leader, plan) {
      const path = plan.target
      const metadata = await readSecretMetadata(leader, path)
      const kept = metadata?.versions.filter((each) => each.state !== 'destroyed') ?? []
      if (kept.length === 0) throw new CannotPlan(`there is no secret ${path}`)
      return { ...plan, path, versions: kept.map(({ version }) => version) }
    },
    async isGone(node, { path, versions }) {
      const now = (await readSecret(node, path)).state
      const metadata = await readSecretMetadata(node, path)
      const left = metadata?.versions.filter((each) => each.state === 'present').length ?? 0
      const told = `${now}, ${left} of ${versions.length} versions left`
      // A soft delete hides the latest version only.
      return now === state && (state === 'soft-deleted' || left === 0)
        ? happened(told)
        : notYet(told)
    },
  })
}

/** Paths of all secrets below a path, however deep. */
async function secretsBelow(client: VaultClient, path: string): Promise<readonly string[]> {
  const names = await listSecrets(client, path)
  const found = await Promise.all(
    names.map((name) =>
      name.endsWith('/')
        ? secretsBelow(client, `${path}/${name.slice(0, -1)}`)
        : [`${path}/${name}`],
    ),
  )
  return found.flat()
}
