import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import {
  destroySecret,
  KV_MOUNT,
  purgeSecret,
  readSecret,
  softDeleteSecret,
  writeSecret,
} from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'

/**
 * What a restore brings back to life: things that were taken away for a reason after the snapshot
 * was made, one of each kind, and the same kinds made only after it.
 */
export type Planted = {
  /** Takes away what was planted: revokes, deletes, disables. */
  readonly takeAway: () => Promise<void>
  /** Of each kind whether it can be used, seen by using it. */
  readonly alive: () => Promise<Readonly<Record<string, boolean>>>
}

type Kind = {
  readonly make: (root: VaultClient, name: string) => Promise<Secret>
  readonly takeAway: (root: VaultClient, name: string, made: Secret) => Promise<void>
  readonly isAlive: (root: VaultClient, name: string, made: Secret) => Promise<boolean>
}

/** Plants one of each kind under names that begin so. */
export async function plant(cluster: Cluster, name: string): Promise<Planted> {
  const made = new Map<string, Secret>()
  const root = cluster.viaBalancer()
  for (const [kind, { make }] of Object.entries(KINDS)) made.set(kind, await make(root, name))
  const of = (kind: string): Secret => made.get(kind) ?? new Secret('')
  return {
    async takeAway() {
      for (const [kind, { takeAway }] of Object.entries(KINDS)) {
        await takeAway(root, name, of(kind))
      }
    },
    async alive() {
      // After a restore the connections of before are gone.
      const now = cluster.viaBalancer()
      const seen = Object.entries(KINDS).map(async ([kind, { isAlive }]) => {
        return [kind, await isAlive(now, name, of(kind))] as const
      })
      return Object.fromEntries(await Promise.all(seen))
    },
  }
}

/** Path of an auth method → what is known of it. */
type Methods = Readonly<Record<string, { readonly accessor: string } | undefined>>

const path = (name: string, kind: string): string => `drill/${name}/${kind}`

const secretThat = (takeAway: (root: VaultClient, at: string) => Promise<void>): Kind => ({
  async make(root, name) {
    const at = path(name, takeAway.name)
    await writeSecret(root, at, { text: 'to be taken away' })
    return new Secret(at)
  },
  takeAway: (root, _name, at) => takeAway(root, at.reveal()),
  isAlive: async (root, _name, at) => (await readSecret(root, at.reveal())).state === 'present',
})

const KINDS: Readonly<Record<string, Kind>> = {
  'revoked token': {
    async make(root) {
      const { body } = await root.request<{ auth: { client_token: string } }>(
        'POST',
        'auth/token/create',
        { body: { policies: ['default'], ttl: '24h', no_parent: true } },
      )
      return new Secret(body.auth.client_token)
    },
    takeAway: async (root, _name, token) => {
      await root.request('POST', 'auth/token/revoke', { body: { token } })
    },
    isAlive: (root, _name, token) =>
      answers(root.withToken(token), 'GET', 'auth/token/lookup-self'),
  },
  'deleted secret': secretThat(async function deleted(root, at) {
    await softDeleteSecret(root, at)
  }),
  'destroyed secret': secretThat(async function destroyed(root, at) {
    await destroySecret(root, at, { versions: [1] })
  }),
  'purged secret': secretThat(async function purged(root, at) {
    await purgeSecret(root, at)
  }),
  'deleted policy': {
    async make(root, name) {
      await root.request('PUT', `sys/policies/acl/${name}`, {
        body: { policy: `path "secret/data/${name}/*" { capabilities = ["read"] }` },
      })
      return new Secret(name)
    },
    takeAway: async (root, name) => {
      await root.request('DELETE', `sys/policies/acl/${name}`)
    },
    isAlive: (root, name) => answers(root, 'GET', `sys/policies/acl/${name}`),
  },
  'tightened policy': {
    async make(root, name) {
      await grant(root, name, ['read'])
      await writeSecret(root, path(name, 'guarded'), { text: 'not to be read any more' })
      const { body } = await root.request<{ auth: { client_token: string } }>(
        'POST',
        'auth/token/create',
        { body: { policies: [`tight-${name}`], ttl: '24h', no_parent: true } },
      )
      return new Secret(body.auth.client_token)
    },
    takeAway: (root, name) => grant(root, name, ['deny']),
    isAlive: (root, name, token) =>
      answers(root.withToken(token), 'GET', `${KV_MOUNT}/data/${path(name, 'guarded')}`),
  },
  'destroyed secret id': {
    async make(root, name) {
      await root.request('POST', `sys/auth/role-${name}`, { body: { type: 'approle' } })
      await root.request('POST', `auth/role-${name}/role/app`, { body: { token_ttl: '1h' } })
      const { body: role } = await root.request<{ data: { role_id: string } }>(
        'GET',
        `auth/role-${name}/role/app/role-id`,
      )
      const { body } = await root.request<{ data: { secret_id: string } }>(
        'POST',
        `auth/role-${name}/role/app/secret-id`,
      )
      return new Secret(`${role.data.role_id} ${body.data.secret_id}`)
    },
    takeAway: async (root, name, made) => {
      const [, id] = made.reveal().split(' ')
      await root.request('POST', `auth/role-${name}/role/app/secret-id/destroy`, {
        body: { secret_id: new Secret(id ?? '') },
      })
    },
    isAlive: (root, name, made) => {
      const [role_id, id] = made.reveal().split(' ')
      const body = { role_id, secret_id: new Secret(id ?? '') }
      return answers(root, 'POST', `auth/role-${name}/login`, body)
    },
  },
  'disabled mount': {
    async make(root, name) {
      await root.request('POST', `sys/mounts/mount-${name}`, {
        body: { type: 'kv', options: { version: '1' } },
      })
      await root.request('POST', `mount-${name}/it`, { body: { text: 'to be taken away' } })
      return new Secret(name)
    },
    takeAway: async (root, name) => {
      await root.request('DELETE', `sys/mounts/mount-${name}`)
    },
    isAlive: (root, name) => answers(root, 'GET', `mount-${name}/it`),
  },
  'disabled login': {
    async make(root, name) {
      const password = new Secret('of the user')
      await root.request('POST', `sys/auth/users-${name}`, { body: { type: 'userpass' } })
      await root.request('POST', `auth/users-${name}/users/app`, { body: { password } })
      return password
    },
    takeAway: async (root, name) => {
      await root.request('DELETE', `sys/auth/users-${name}`)
    },
    isAlive: (root, name, password) =>
      answers(root, 'POST', `auth/users-${name}/login/app`, { password }),
  },
  'deleted alias': {
    async make(root, name) {
      await root.request('POST', `sys/auth/known-${name}`, { body: { type: 'userpass' } })
      const { body: methods } = await root.request<{ data: Methods }>('GET', 'sys/auth')
      const { body: entity } = await root.request<{ data: { id: string } }>(
        'POST',
        'identity/entity',
        { body: { name: `entity-${name}` } },
      )
      const { body } = await root.request<{ data: { id: string } }>(
        'POST',
        'identity/entity-alias',
        {
          body: {
            name: 'app',
            canonical_id: entity.data.id,
            mount_accessor: methods.data[`known-${name}/`]?.accessor,
          },
        },
      )
      return new Secret(body.data.id)
    },
    takeAway: async (root, _name, id) => {
      await root.request('DELETE', `identity/entity-alias/id/${id.reveal()}`)
    },
    isAlive: (root, _name, id) => answers(root, 'GET', `identity/entity-alias/id/${id.reveal()}`),
  },
  'revoked lease': {
    async make(root, name) {
      await root.request('POST', `sys/mounts/ssh-${name}`, { body: { type: 'ssh' } })
      await root.request('POST', `ssh-${name}/roles/app`, {
        body: { key_type: 'otp', default_user: 'app', cidr_list: '0.0.0.0/0' },
      })
      const { body } = await root.request<{ lease_id: string }>('POST', `ssh-${name}/creds/app`, {
        body: { ip: '192.0.2.1' },
      })
      return new Secret(body.lease_id)
    },
    takeAway: async (root, _name, lease) => {
      await root.request('PUT', 'sys/leases/revoke', { body: { lease_id: lease, sync: true } })
    },
    isAlive: (root, _name, lease) =>
      answers(root, 'POST', 'sys/leases/lookup', { lease_id: lease }),
  },
}

async function grant(root: VaultClient, name: string, rights: readonly string[]): Promise<void> {
  const at = `${KV_MOUNT}/data/${path(name, 'guarded')}`
  await root.request('PUT', `sys/policies/acl/tight-${name}`, {
    body: { policy: `path "${at}" { capabilities = ${JSON.stringify(rights)} }` },
  })
}

async function answers(
  client: VaultClient,
  method: 'GET' | 'POST',
  at: string,
  body?: unknown,
): Promise<boolean> {
  try {
    await client.request(method, at, body === undefined ? {} : { body })
    return true
  } catch (error) {
    if (error instanceof VaultError && error.status < 500) return false
    throw error // not answered is neither
  }
}
