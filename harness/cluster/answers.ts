import { seconds } from '../lib/duration.ts'
import { RequestFailed } from '../lib/http.ts'
import type { VaultClient, VaultMethod } from '../vault/client.ts'
import { VaultError } from '../vault/error.ts'
import { KV_MOUNT } from '../vault/kv.ts'

/** What one node says to each kind of question, as an operator at its side would see it. */
export type Answers = {
  readonly health: string
  readonly sealStatus: string
  /** Whether `sys/leader` still names one; this node or another. */
  readonly leader: string
  readonly read: string
  readonly write: string
}

const WITHIN = seconds(5)

/** @param path of a secret that is there; it is written anew. */
export async function answersOf(client: VaultClient, path: string): Promise<Answers> {
  const said = async (method: VaultMethod, where: string, body?: unknown): Promise<string> => {
    try {
      const { status } = await client.request(method, where, {
        within: WITHIN,
        accept: (code) => where === 'sys/health' && code > 0,
        ...(body === undefined ? {} : { body }),
      })
      return String(status)
    } catch (error) {
      if (error instanceof VaultError) return `${error.status} ${error.errors[0] ?? ''}`.trim()
      if (error instanceof RequestFailed) return error.code
      throw error
    }
  }
  const [health, sealStatus, leader, read, write] = await Promise.all([
    said('GET', 'sys/health'),
    said('GET', 'sys/seal-status'),
    namesLeader(client),
    said('GET', `${KV_MOUNT}/data/${path}`),
    said('POST', `${KV_MOUNT}/data/${path}`, { data: { text: 'written without a quorum' } }),
  ])
  return { health, sealStatus, leader, read, write }
}

async function namesLeader(client: VaultClient): Promise<string> {
  try {
    const { body } = await client.request<{ is_self?: boolean; leader_address?: string }>(
      'GET',
      'sys/leader',
      { within: WITHIN },
    )
    if (body.is_self === true) return 'itself'
    return body.leader_address ? 'another node' : 'nobody'
  } catch (error) {
    if (error instanceof VaultError) return String(error.status)
    if (error instanceof RequestFailed) return error.code
    throw error
  }
}
