import { RequestFailed } from '../lib/http.ts'
import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import { writePolicy } from '../vault/setup.ts'
import { APPLICATION_POLICY, APPLICATION_POLICY_NAME } from '../vault/tenant-policy.ts'
import { AppRole, type RoleOptions } from './app-role.ts'
import type { Node } from './node.ts'
import { Secrets } from './secrets.ts'

/** How calls of one kind ended: a status, or that nobody answered. */
export type Statuses = Readonly<Record<string, number | 'silent'>>

/** Of a cluster: its clients with every right. */
type Clients = {
  viaBalancer(): VaultClient
  onNode(node: Node): VaultClient
}

/**
 * A tenant's application: it logs in by its role, and an entity says which tenant it is, because
 * the documented policy is a template over that (HLD:392-408).
 */
export class Tenant {
  readonly id: string
  readonly #balancer: VaultClient
  readonly #onNode: (node: Node) => VaultClient
  readonly #role: AppRole
  #token = new Secret('')

  private constructor(
    id: string,
    balancer: VaultClient,
    onNode: (node: Node) => VaultClient,
    role: AppRole,
  ) {
    this.id = id
    this.#balancer = balancer
    this.#onNode = onNode
    this.#role = role
  }

  /** Logged in; twice for one id is harmless. @throws {VaultError} */
  static async of(cluster: Clients, id: string, options: RoleOptions): Promise<Tenant> {
    const root = cluster.viaBalancer()
    const rules = APPLICATION_POLICY
    await writePolicy(root, { name: APPLICATION_POLICY_NAME, rules })
    const name = `tenant-${Buffer.from(id).toString('hex')}`
    const role = await AppRole.create(root, name, options)
    const entity = `identity/entity/name/${name}`
    await root.request('POST', entity, { body: { metadata: { tenant_id: id } } })
    const [{ body: known }, { body: methods }] = await Promise.all([
      root.request<{ data: { id: string } }>('GET', entity),
      root.request<{ data: Readonly<Record<string, { accessor: string }>> }>('GET', 'sys/auth'),
    ])
    await root.request('POST', 'identity/entity-alias', {
      body: {
        name: role.roleId,
        canonical_id: known.data.id,
        mount_accessor: methods.data['approle/']?.accessor,
      },
    })
    const tenant = new Tenant(id, root, (node) => cluster.onNode(node), role)
    await tenant.logIn()
    return tenant
  }

  /** Its one credential, as the design lays paths out (HLD:622-631). */
  get path(): string {
    return `tenants/${this.id}/exchanges/binance/trading`
  }

  /** Through the balancer, or on one node. */
  secrets(node?: Node): Secrets {
    return new Secrets(this.#client(node))
  }

  /** A new token by its role; gives the status. */
  logIn(): Promise<number | 'silent'> {
    const login = this.#role.logIn().then(({ status, token }) => {
      if (token !== undefined) this.#token = token
      return { status }
    })
    return answerOf(login)
  }

  /** Asks for its token to live longer. */
  renew(node?: Node): Promise<number | 'silent'> {
    return answerOf(this.secrets(node).call('POST', 'auth/token/renew-self', {}))
  }

  reads(node?: Node): Promise<number | 'silent'> {
    return answerOf(this.secrets(node).read(this.path))
  }

  /** What it can do with its own secrets. */
  async own(node?: Node): Promise<Statuses> {
    const secrets = this.secrets(node)
    return {
      write: await answerOf(secrets.write(this.path, { api_key: this.id })),
      read: await answerOf(secrets.read(this.path)),
      list: await answerOf(secrets.list(folderOf(this.path))),
    }
  }

  /** What it is told when it reaches for the secrets of another tenant. */
  async trespass(other: Tenant, node?: Node): Promise<Statuses> {
    const secrets = this.secrets(node)
    const folder = folderOf(other.path)
    return {
      read: await answerOf(secrets.read(other.path)),
      write: await answerOf(secrets.write(other.path, { api_key: this.id })),
      create: await answerOf(secrets.write(`${folder}/of-${this.id}`, { api_key: this.id })),
      delete: await answerOf(secrets.softDelete(other.path)),
      list: await answerOf(secrets.list(folder)),
      'list of tenants': await answerOf(secrets.list('tenants')),
    }
  }

  /** What the documented policy leaves a tenant to do with its own secrets besides `own`. */
  async beyond(): Promise<Statuses> {
    const secrets = this.secrets()
    const call = (...[method, path, body]: Parameters<Secrets['call']>) =>
      answerOf(secrets.call(method, `${KV_MOUNT}/${path}`, body))
    const { path } = this
    return {
      'delete the latest version': await call('DELETE', `data/${path}`),
      'undelete it': await call('POST', `undelete/${path}`, { versions: [1] }),
      'delete a chosen version': await call('POST', `delete/${path}`, { versions: [1] }),
      'destroy a version': await call('PUT', `destroy/${path}`, { versions: [1] }),
      'delete metadata and all versions': await call('DELETE', `metadata/${path}`),
      'set metadata': await call('POST', `metadata/${path}`, { max_versions: 5 }),
      'list by the data path': await call('LIST', `data/${folderOf(path)}`),
      'list its own top folder': await call('LIST', `metadata/tenants/${this.id}`),
    }
  }

  #client(node: Node | undefined): VaultClient {
    return (node === undefined ? this.#balancer : this.#onNode(node)).withToken(this.#token)
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

async function answerOf(call: Promise<{ readonly status: number }>): Promise<number | 'silent'> {
  try {
    return (await call).status
  } catch (error) {
    if (error instanceof RequestFailed) return 'silent'
    throw error
  }
}
