import { createHash } from 'node:crypto'
import type { VaultClient } from '../vault/client.ts'
import { KV_MOUNT } from '../vault/kv.ts'
import type { Cluster } from './cluster.ts'
import { LEDGER_ROOT } from './furnish.ts'

/** Path → hash of the answers to the questions what is known of the secret, and what is in it. */
export type MountPrint = ReadonlyMap<string, string>

/** Enough for some hundred secrets in a second, and no load for the cluster. */
const AT_ONCE = 4

/**
 * All of the KV mount as who leads answers for it, without what lanes and registers write all the
 * time. The answers are hashed as they come, so it shares no rule with the procedure that has to
 * leave everything else alone: fields that nobody knows here count too.
 */
export async function mountPrint(cluster: Pick<Cluster, 'leader' | 'onNode'>): Promise<MountPrint> {
  const client = cluster.onNode(await cluster.leader())
  const paths = await pathsIn(client, '', (name) => name !== `${LEDGER_ROOT}/`)
  const print = new Map<string, string>()
  const left = paths.values()
  const work = async () => {
    for (const path of left) print.set(path, await hashOf(client, path))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return print
}

/** Paths whose secret is another one, is new or is gone, in their order. */
export function changedBetween(before: MountPrint, after: MountPrint): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()])
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted()
}

async function pathsIn(
  client: VaultClient,
  folder: string,
  isWanted: (name: string) => boolean = () => true,
): Promise<readonly string[]> {
  const answer = await ask(client, 'metadata', folder, { list: true })
  const { data } = JSON.parse(answer) as { data?: { keys: readonly string[] } }
  const found = (data?.keys ?? []).filter(isWanted).map(async (name) => {
    return name.endsWith('/') ? pathsIn(client, folder + name) : [folder + name]
  })
  return (await Promise.all(found)).flat()
}

async function hashOf(client: VaultClient, path: string): Promise<string> {
  const answers = [await ask(client, 'metadata', path), await ask(client, 'data', path)]
  return createHash('sha256').update(answers.join('\n')).digest('hex')
}

/** What is answered, but for the number of the request; a 404 is an answer too. */
async function ask(
  client: VaultClient,
  what: 'metadata' | 'data',
  path: string,
  query: Readonly<Record<string, boolean>> = {},
): Promise<string> {
  const { status, body } = await client.request<{ data?: unknown }>(
    'GET',
    `${KV_MOUNT}/${what}/${path}`,
    { query, accept: (status) => status === 404 },
  )
  return JSON.stringify({ status, data: sorted(body?.data ?? null) })
}

/** Fields in the order of their names: a server may give them in another one each time. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, each]) => [name, sorted(each)]))
}
