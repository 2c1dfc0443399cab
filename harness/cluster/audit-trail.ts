import { randomBytes } from 'node:crypto'
import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import { VaultError } from '../vault/error.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'
import { AUDIT_FOLDER, SECOND_AUDIT_FOLDER } from './disks.ts'
import { textsIn } from './in-clear.ts'

/** One line of an audit file, as far as we look. */
export type AuditEntry = {
  readonly type: string
  /** RFC 3339, by the node's clock. */
  readonly time?: string
  /** Why it was refused. */
  readonly error?: string
  readonly request?: {
    readonly id?: string
    readonly path?: string
    readonly operation?: string
    readonly data?: { readonly data?: { readonly value?: unknown } } | null
  }
}

/** What the audit files have of a sample of writes. */
export type AuditFindings = {
  /** The acknowledged writes that no node accounts for, and what is lacking of each. */
  readonly missing: readonly string[]
  /** The nodes that have entries of the sample. */
  readonly nodes: readonly string[]
  /** The nodes in whose files a written value stands in clear, raw, in base64 or in hex. */
  readonly inClear: readonly string[]
}

const HASHED = /^hmac-sha256:[0-9a-f]{64}$/

/** Writes as an application makes them, each of which has to be found in the audit of a node. */
export class AuditTrail {
  readonly #cluster: Cluster
  /** All paths and values begin with it, so that they are found in files of many MiB. */
  readonly #marker = `audited-${randomBytes(8).toString('hex')}`
  readonly #acknowledged: string[] = []
  #sent = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** How many of the writes so far were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.length
  }

  /** So many writes through the balancer, one after another. What fails is no part of the sample. */
  async write(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#write()
  }

  /** Goes on writing until that is over. */
  async writeWhile(act: () => Promise<unknown>): Promise<void> {
    let isOver = false
    const over = act().finally(() => {
      isOver = true
    })
    over.catch(() => {}) // met below, when the write under way is done
    while (!isOver) await this.#write()
    await over
  }

  /** Reads the audit files of all nodes once; on the machine's disk they are many MiB. */
  async read(): Promise<AuditFindings> {
    const value = this.#value('')
    const nodes = await Promise.all(
      this.#cluster.nodes.map(async ({ name, vault }) => {
        const folders = [AUDIT_FOLDER, SECOND_AUDIT_FOLDER]
        const files = (await Promise.all(folders.map((each) => vault.readAll(each)))).flat()
        const entries = files.flatMap((file) => entriesWith(this.#marker, file))
        return { name, entries, inClear: textsIn(files, [value]).length > 0 }
      }),
    )
    return {
      missing: this.#acknowledged.flatMap((path) => {
        const lacks = nodes.map(({ entries }) => lackingOf(path, entries))
        if (lacks.includes(undefined)) return []
        return [`${path}: ${lacks.find((lack) => lack !== NO_REQUEST) ?? NO_REQUEST}`]
      }),
      nodes: nodes.flatMap(({ name, entries }) => (entries.length > 0 ? [name] : [])),
      inClear: nodes.flatMap(({ name, inClear }) => (inClear ? [name] : [])),
    }
  }

  #value(n: number | ''): string {
    return `value-of-${this.#marker}-${n}`
  }

  async #write(): Promise<void> {
    const n = ++this.#sent
    const path = `drill/${this.#marker}/${n}`
    const body = { data: { value: this.#value(n) } }
    const client = this.#cluster.viaBalancer()
    try {
      await client.request('POST', `${KV_MOUNT}/data/${path}`, { body, within: seconds(2) })
      this.#acknowledged.push(`${KV_MOUNT}/data/${path}`)
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof RequestFailed)) throw error
      // Refused or unknown: nobody was told that it is done, so nobody may demand an entry.
    } finally {
      await client.close()
    }
  }
}

/** How many reads of this secret the audit files of all nodes account for. */
export async function auditedReads(cluster: Cluster, path: string): Promise<number> {
  const audited = `${KV_MOUNT}/data/${path}`
  const perNode = cluster.nodes.map(async ({ vault }) => {
    const files = await vault.readAll(AUDIT_FOLDER)
    return files
      .flatMap((file) => entriesWith(audited, file))
      .filter(({ type, request }) => {
        return type === 'request' && request?.operation === 'read' && request.path === audited
      }).length
  })
  return (await Promise.all(perNode)).reduce((sum, reads) => sum + reads, 0)
}

/** Those lines of the file that hold the text. One that was cut by a crash is no entry. */
export function entriesWith(text: string, file: Buffer): readonly AuditEntry[] {
  const entries: AuditEntry[] = []
  let at = file.indexOf(text)
  while (at >= 0) {
    const next = file.indexOf('\n', at)
    const end = next < 0 ? file.length : next
    const line = file.subarray(file.lastIndexOf('\n', at) + 1, end).toString('utf8')
    try {
      entries.push(JSON.parse(line) as AuditEntry)
    } catch {
      // Cut short.
    }
    at = file.indexOf(text, end)
  }
  return entries
}

const NO_REQUEST = 'no node has a request entry'

/** What one node's entries lack of a call to this path; `undefined` when it is all there. */
export function lackingOf(path: string, entries: readonly AuditEntry[]): string | undefined {
  const own = entries.filter(({ request }) => request?.path === path)
  const asked = own.filter(({ type }) => type === 'request')
  if (asked.length === 0) return NO_REQUEST
  const hashed = asked.filter(({ request }) => HASHED.test(String(request?.data?.data?.value)))
  if (hashed.length === 0) return 'the value in its request entry is no HMAC'
  const isAnswered = hashed.some(({ request }) =>
    own.some((entry) => entry.type === 'response' && entry.request?.id === request?.id),
  )
  return isAnswered ? undefined : 'a request entry without a response entry'
}
