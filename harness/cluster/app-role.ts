import { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { enableAuth } from '../vault/setup.ts'
import { TENANT_POLICY_NAME } from '../vault/tenant-policy.ts'

export type RoleOptions = {
  /** The documented one of tenants unless said. */
  readonly policies?: readonly string[]
  /** Of the tokens that it gives: `8s`, `1h`. */
  readonly ttl?: string
}

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

  static async create(
    root: VaultClient,
    name: string,
    { policies = [TENANT_POLICY_NAME], ttl = '1h' }: RoleOptions = {},
  ): Promise<AppRole> {
    await enableAuth(root, 'approle').catch((error) => {
      // A scenario before this one on the same cluster may have done it.
      if (!(error instanceof VaultError && error.says('path is already in use'))) throw error
    })
    const path = `auth/approle/role/${name}`
    await root.request('POST', path, {
      body: { token_policies: policies, token_ttl: ttl },
    })
    const role = await root.request<{ data: { role_id: string } }>('GET', `${path}/role-id`)
    const secret = await root.request<{ data: { secret_id: string } }>('POST', `${path}/secret-id`)
    return new AppRole(root, role.body.data.role_id, new Secret(secret.body.data.secret_id))
  }

  /** Public, like a user's name: an alias of an entity is called like it. */
  get roleId(): string {
    return this.#roleId
  }

  get secretId(): Secret {
    return this.#secretId
  }

  /** The body of a login, in clear: for a file that only the application can read. */
  credentials(): { readonly role_id: string; readonly secret_id: string } {
    return { role_id: this.#roleId, secret_id: this.#secretId.reveal() }
  }

  /** A login with what it gives; no token where it is refused. */
  async logIn(): Promise<{ readonly status: number; readonly token?: Secret }> {
    const { status, body } = await this.#client.request<
      { auth?: { client_token?: string } } | undefined
    >('POST', 'auth/approle/login', {
      body: { role_id: this.#roleId, secret_id: this.#secretId },
      accept: () => true,
    })
    const token = body?.auth?.client_token
    return { status, ...(token === undefined ? {} : { token: new Secret(token) }) }
  }
}
