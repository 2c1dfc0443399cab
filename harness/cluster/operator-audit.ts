import { all } from '../lib/all.ts'
import { type Duration, formatDuration, hours, milliseconds } from '../lib/duration.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import { type AuditEntry, entriesWith } from './audit-trail.ts'
import { AUDIT_FOLDER } from './disks.ts'
import type { OperatorPlace } from './operator.ts'
import { Refusal } from './refusal.ts'

/** What is known of the loss of secrets. */
export type Loss = {
  /** When the first of them was lost; `undefined` when nobody knows. */
  readonly firstMs?: number | undefined
  /** How many were taken away, and by which nodes' logs; none when somebody told the instant. */
  readonly secrets: number
  readonly nodes: readonly string[]
  /** The nodes whose logs are gone with their machines. */
  readonly silent: readonly string[]
}

/** Deletions that lie further apart are not one mishap: which one is meant, a person says. */
const ONE_MISHAP: Duration = hours(1)

/** A way in which the data of a secret goes for good (soft deletions do not count). */
const FATAL: readonly { readonly folder: string; readonly operations: readonly string[] }[] = [
  { folder: 'metadata', operations: ['delete'] },
  { folder: 'destroy', operations: ['update', 'create'] },
]

/** The audit logs of all nodes: each has what was asked of it while it led, or passed on. */
export class OperatorAudit {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  /**
   * When the secrets at or below a path were taken away, each for the last time. RB:524 greps one
   * node's log for a path that never occurs in it.
   * @throws {Refusal} when these are several mishaps and nobody said which is meant.
   */
  async lossOf(under: string, toldMs?: number): Promise<Loss> {
    if (toldMs !== undefined) return { firstMs: toldMs, secrets: 0, nodes: [], silent: [] }
    const { nodes, machines } = this.#place
    const logs = await all(
      nodes.map(async (node) => {
        const { name, vault } = node
        if (!(await machines.isThere(node))) return { name, entries: undefined }
        const files = await vault.readAll(AUDIT_FOLDER)
        const entries = FATAL.flatMap(({ folder }) => {
          const text = `"${KV_MOUNT}/${folder}/${under}`
          return files.flatMap((file) => entriesWith(text, file))
        })
        return { name, entries }
      }),
    )
    const found = logs.map(({ name, entries = [] }) => ({ name, lost: lossesIn(entries, under) }))
    const latest = new Map<string, number>()
    for (const [path, atMs] of found.flatMap(({ lost }) => [...lost])) {
      latest.set(path, Math.max(atMs, latest.get(path) ?? 0))
    }
    const instants = [...latest.values()].toSorted((a, b) => a - b)
    const [firstMs, lastMs] = [instants.at(0), instants.at(-1)]
    const apart = milliseconds((lastMs ?? 0) - (firstMs ?? 0))
    if (apart.ms > ONE_MISHAP.ms) {
      const seen = `from ${textOf(firstMs)} to ${textOf(lastMs)}, ${formatDuration(apart)} apart`
      throw new Refusal(`one mishap below ${under}, or the instant of the one that is meant`, seen)
    }
    return {
      firstMs,
      secrets: latest.size,
      nodes: found.flatMap(({ name, lost }) => (lost.size > 0 ? [name] : [])),
      silent: logs.flatMap(({ name, entries }) => (entries === undefined ? [name] : [])),
    }
  }
}

/** Path of each secret that these entries take away → when it was asked for last. */
export function lossesIn(
  entries: readonly AuditEntry[],
  under: string,
): ReadonlyMap<string, number> {
  const refused = new Set(
    entries.flatMap(({ type, error, request }) =>
      type === 'response' && error !== undefined && error !== '' ? [request?.id] : [],
    ),
  )
  const losses = new Map<string, number>()
  for (const { type, time = '', request } of entries) {
    // Of a node that fell before it answered nobody knows: the backup of before is right anyhow.
    if (type !== 'request' || refused.has(request?.id)) continue
    const path = pathOf(request, under)
    const atMs = Date.parse(time)
    if (path === undefined || Number.isNaN(atMs)) continue
    losses.set(path, Math.max(atMs, losses.get(path) ?? 0))
  }
  return losses
}

/** Of the secret that the request takes away; `undefined` for any other request. */
function pathOf(request: AuditEntry['request'], under: string): string | undefined {
  const { path = '', operation = '' } = request ?? {}
  for (const { folder, operations } of FATAL) {
    const prefix = `${KV_MOUNT}/${folder}/`
    if (!path.startsWith(prefix) || !operations.includes(operation)) continue
    const secret = path.slice(prefix.length)
    const folderOf = under.endsWith('/') ? under : `${under}/`
    if (secret === under || secret.startsWith(folderOf)) return secret
  }
  return undefined
}

/** What whoever recovers them reads off. */
export function tellLoss({ firstMs, secrets, nodes, silent }: Loss): string {
  const gone = silent.length === 0 ? '' : `; the logs of ${silent.join(', ')} are gone`
  if (firstMs === undefined) return `no audit log has it${gone}`
  if (nodes.length === 0) return `${textOf(firstMs)}, as was told`
  return `${textOf(firstMs)}, the first of ${secrets}, by the logs of ${nodes.join(', ')}${gone}`
}

const textOf = (ms: number | undefined): string =>
  ms === undefined ? 'never' : new Date(ms).toISOString()
