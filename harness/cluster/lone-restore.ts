import { basename } from 'node:path'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { readSecret, writeSecret } from '../vault/kv.ts'
import { sealStatus } from '../vault/seal.ts'
import { createToken } from '../vault/setup.ts'
import { restoreSnapshot, saveSnapshot } from '../vault/snapshot.ts'
import { readSnapshotFacts } from '../vault/snapshot-facts.ts'
import { tokenState } from '../vault/token.ts'
import { unsealWith } from './key-questions.ts'
import type { LoneServer } from './lone-server.ts'
import { AS_BEFORE, lasting, outcomeOf, RESTORED, stateOf, whyIn } from './restore-outcome.ts'

/** A snapshot, and what proves that a node serves it. */
export type Saved = {
  readonly file: string
  readonly token: Secret
  /** What its cluster gave to people: unseal keys under Shamir; recovery keys open nothing. */
  readonly shares: readonly Secret[]
}

/** How many of the shares are enough. */
export const THRESHOLD = 3
const CANARY = 'drill/restore-cells'
/** A restoring server answers nobody for seconds; whoever looks again and again need not wait. */
const LOOK = { within: seconds(1) }

/** A lone server that is sent snapshots, and what is seen of it then. */
export class LoneRestore {
  readonly #server: LoneServer
  /** Made since any snapshot was: a server that restored one does not know it. */
  #own: Secret | undefined

  constructor(server: LoneServer) {
    this.#server = server
  }

  /** Anew on an empty disk; gives its shares. */
  async begin(...how: Parameters<LoneServer['begin']>): Promise<readonly Secret[]> {
    const made = await this.#server.begin(...how)
    this.#own = made.rootToken
    return made.recoveryKeys
  }

  /** With what it has now; from now on its own token is a newer one. */
  async save(file: string, shares: readonly Secret[]): Promise<Saved> {
    const saved = await saveWithCanary(this.client, file, { token: this.#token, shares })
    await this.renewOwn(saved)
    return saved
  }

  /** Every right, by the token that no snapshot knows. */
  get client(): VaultClient {
    return this.#server.node.client.withToken(this.#token)
  }

  /** For a server that serves the snapshot, and so knows its own token no more. */
  async renewOwn({ token }: Saved): Promise<void> {
    this.#own = await newRootToken(this.#server.node.client.withToken(token))
  }

  /** As it should be done, then by force. */
  async bothWays(saved: Saved): Promise<{ readonly plain: string; readonly force: string }> {
    const plain = await this.#send(saved, false)
    if (plain.endsWith(RESTORED)) await this.renewOwn(saved)
    return { plain, force: await this.#send(saved, true) }
  }

  async restarted(saved: Saved): Promise<string> {
    await this.#server.node.restart()
    return this.seen(saved)
  }

  /** What the server has come to. @throws {NeverHappened} */
  async seen({ file, token }: Saved, ends: readonly string[] = []): Promise<string> {
    const { node } = this.#server
    const original = node.client.withToken(token)
    const look = async () => {
      const state = await stateOf(node)
      if (state !== 'leader') return state
      return outcomeOf({
        state,
        original: await tokenState(original, LOOK),
        own: await tokenState(this.client, LOOK),
        canary: await hasCanary(original, file),
      })
    }
    const isEnd = (seen: string) => [RESTORED, ...ends].includes(seen) || seen.startsWith('ended')
    return lasting(`${node.name} has come to an end`, look, isEnd)
  }

  /** What it says to enough of these shares; of a refusal the first line. */
  async unsealWith(shares: readonly Secret[], how?: { readonly migrate: true }): Promise<string> {
    const said = await unsealWith(this.#server.node.client, shares.slice(0, THRESHOLD), how)
    return firstLine(said)
  }

  /** How many shares it asks for, as it shows it to whoever brings them. */
  async asks(): Promise<string> {
    const { threshold, shares } = await sealStatus(this.#server.node.client)
    return `${threshold} of ${shares}`
  }

  /** Ids of the KMS keys that its own unseal key is encrypted with now. */
  async storedUnder({ token, file }: Saved): Promise<readonly string[]> {
    const client = this.#server.node.client.withToken(token)
    const saved = await saveSnapshot(client, `${file}.again`)
    const { seal } = await readSnapshotFacts(saved.file)
    return (seal?.keyIds ?? []).map((id) => id.split('/').at(-1) ?? id) // an ARN, or the bare id
  }

  get #token(): Secret {
    if (this.#own === undefined) throw new RangeError('the lone server was not begun')
    return this.#own
  }

  /** What was answered, what became of the server, and why where it is neither old nor new. */
  async #send(saved: Saved, force: boolean): Promise<string> {
    const { vault } = this.#server.node
    const said = (await vault.logs()).length
    const answer = await answerTo(this.client, saved.file, force)
    const end = await this.seen(saved, /^2/.test(answer) ? [] : [AS_BEFORE])
    if (end === RESTORED || end === AS_BEFORE) return `${answer}, ${end}`
    return `${answer}, ${end}: ${whyIn((await vault.logs()).slice(said))}`
  }
}

/** Status of the upload and, where it is a refusal, the first line of why. */
export async function answerTo(client: VaultClient, file: string, force: boolean): Promise<string> {
  try {
    return String(await restoreSnapshot(client, file, { force, within: seconds(30) }))
  } catch (error) {
    if (error instanceof RequestFailed) return `no answer (${error.code})`
    if (!(error instanceof VaultError)) throw error
    return firstLine(`${error.status} ${error.errors.join('\n')}`)
  }
}

const firstLine = (text: string): string => text.split('\n', 1).join('').trim()

/** A snapshot with a secret in it that tells it from all others. @throws {VaultError} */
export async function saveWithCanary(
  client: VaultClient,
  file: string,
  by: Pick<Saved, 'token' | 'shares'>,
): Promise<Saved> {
  await writeSecret(client, CANARY, { canary: basename(file) })
  await saveSnapshot(client, file, { within: seconds(30) })
  return { file, ...by }
}

async function hasCanary(client: VaultClient, file: string): Promise<boolean> {
  const read = await readSecret(client, CANARY, LOOK).catch((error) => {
    if (error instanceof VaultError || error instanceof RequestFailed) return undefined
    throw error
  })
  return read?.state === 'present' && read.data.canary === basename(file)
}

export const newRootToken = (client: VaultClient): Promise<Secret> =>
  createToken(client, { policies: ['root'], ttl: '1h' })
