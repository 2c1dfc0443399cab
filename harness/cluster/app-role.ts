import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { enableAuth } from '../vault/setup.ts'

/** The way an application logs in (HLD:700): a role id and a secret id become a token. */
export class AppRole {
  readonly #client: VaultClient
  readonly #roleId: string
  readonly #secretId: Secret

  private constructor(client: VaultClient, roleId: string, secretId: Secret) {
    this.#client = client
    this.#roleId = roleId
    this.#secretId = secretId
  }

  static async create(root: VaultClient, name: string): Promise<AppRole> {
    await enableAuth(root, 'approle').catch((error) => {
      // A scenario before this one on the same cluster may have done it.
      if (!(error instanceof VaultError && error.says('path is already in use'))) throw error
    })
    const path = `auth/approle/role/${name}`
    await root.request('POST', path, {
      body: { token_policies: ['tenant-access'], token_ttl: '1h' },
    })
    const role = await root.request<{ data: { role_id: string } }>('GET', `${path}/role-id`)
    const secret = await root.request<{ data: { secret_id: string } }>('POST', `${path}/secret-id`)
    return new AppRole(root, role.body.data.role_id, new Secret(secret.body.data.secret_id))
  }

  /** The status of a login. */
  async login(): Promise<number> {
    const { status } = await this.#client.request('POST', 'auth/approle/login', {
      body: { role_id: this.#roleId, secret_id: this.#secretId },
      accept: () => true,
    })
    return status
  }
}
