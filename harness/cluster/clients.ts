import type { Authority } from '../lib/certificates.ts'
import type { Address } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { VaultClient } from '../vault/client.ts'
import { tlsOf } from './probe-targets.ts'

/** The clients of one cluster that somebody asked for; closed with it. */
export class Clients {
  readonly #authority: Authority | undefined
  readonly #made: VaultClient[] = []

  constructor(authority: Authority | undefined) {
    this.#authority = authority
  }

  /** `server` is the name in the certificate; without a token only what is open to all answers. */
  at(server: string, address: Address, token?: Secret): VaultClient {
    const tls = tlsOf({ authority: this.#authority }, server)
    const client = new VaultClient({ node: server, address, tls, token })
    this.#made.push(client)
    return client
  }

  async close(): Promise<void> {
    await Promise.all(this.#made.map((client) => client.close()))
  }
}
