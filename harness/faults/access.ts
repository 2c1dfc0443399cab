import { happened, notYet } from '../lib/until.ts'
import type { VaultClient } from '../vault/client.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import { TENANT_POLICY_NAME } from '../vault/tenant-policy.ts'
import { aimed, CannotPlan, type Fault, type FaultKind, type FaultPlan } from './fault.ts'
import { lost } from './lost-data.ts'

/** Faults in which a client with every right takes away the way to what is stored. */

const MOUNT: FaultKind = lost<FaultPlan>({
  name: 'mount-disabled',
  does: 'a secrets engine is disabled, which deletes all that it held',
  witnessed: 'no node lists the mount',
  cannotShow: 'a mount that moved: this one is deleted with its data',
  source: 'RB:516-519',
  targets: [KV_MOUNT, '<mount>'],
  async find(leader, plan) {
    const { target } = plan
    const { body } = await leader.request<Mounts>('GET', 'sys/mounts')
    if (body.data[`${target}/`] === undefined)
      throw new CannotPlan(`nothing is mounted at ${target}/`)
    return plan
  },
  async lose(leader, { target }) {
    await leader.request('DELETE', `sys/mounts/${target}`)
  },
  async isGone(node, { target }) {
    const { body } = await node.request<Mounts>('GET', 'sys/mounts')
    const mounts = Object.keys(body.data)
    return mounts.includes(`${target}/`)
      ? notYet(`${target}/ is mounted`)
      : happened(`has only ${mounts.join(' ')}`)
  },
})

type Mounts = { readonly data: Readonly<Record<string, unknown>> }

const POLICY: FaultKind = lost<FaultPlan>({
  name: 'policy-deleted',
  does: 'a policy is deleted: tokens that name it keep the name and lose the rights',
  witnessed: 'every node answers that there is no such policy',
  cannotShow: 'a policy that was changed: this one is gone',
  source: 'HLD:392-408, 684-697',
  targets: [TENANT_POLICY_NAME, '<policy>'],
  async find(leader, plan) {
    const { target } = plan
    const { status } = await leader.request('GET', `sys/policies/acl/${target}`, { accept: absent })
    if (status === 404) throw new CannotPlan(`there is no policy ${target}`)
    return plan
  },
  async lose(leader, { target }) {
    await leader.request('DELETE', `sys/policies/acl/${target}`)
  },
  async isGone(node, { target }) {
    const { status } = await node.request('GET', `sys/policies/acl/${target}`, { accept: absent })
    return status === 404 ? happened('404') : notYet(`${status}`)
  },
})

const TOKEN: FaultKind = lost<FaultPlan>({
  name: 'token-revoked',
  does: 'a token is revoked with its children; it is named by its accessor, which opens nothing',
  witnessed: 'every node answers that there is no such accessor',
  cannotShow: 'an expired token: nobody revoked that one',
  source: 'RB:103, 229-231; HLD:684-701',
  targets: ['<accessor>'],
  async find(leader, plan) {
    if (!(await hasAccessor(leader, plan.target))) throw new CannotPlan('there is no such accessor')
    return plan
  },
  async lose(leader, { target: accessor }) {
    await leader.request('POST', 'auth/token/revoke-accessor', { body: { accessor } })
  },
  async isGone(node, { target }) {
    return (await hasAccessor(node, target)) ? notYet('it is known') : happened('unknown')
  },
})

export const ACCESS_FAULTS: readonly FaultKind[] = [MOUNT, POLICY, TOKEN]

/** A secrets engine is disabled with all that it held. */
export const disabledMount = (mount: string = KV_MOUNT): Fault => aimed(MOUNT, mount)

/** Tokens that name the policy lose its rights. */
export const deletedPolicy = (name: string = TENANT_POLICY_NAME): Fault => aimed(POLICY, name)

/** Named by its accessor: a plan holds no token. */
export const revokedToken = (accessor: string): Fault => aimed(TOKEN, accessor)

const absent = (status: number): boolean => status === 404

async function hasAccessor(client: VaultClient, accessor: string): Promise<boolean> {
  const { status } = await client.request('POST', 'auth/token/lookup-accessor', {
    body: { accessor },
    accept: (status) => [400, 403, 404].includes(status),
  })
  return status === 200
}
