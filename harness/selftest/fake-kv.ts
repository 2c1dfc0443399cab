import type { Answer, Asked } from './fake-node.ts'
import type { Change, StoredSecret, StoredVersion } from './fake-store.ts'

/**
 * The API of KV v2 as OpenBao 2.6.2 answers it (recorded in `fixtures/responses/openbao/kv.json`),
 * as far as probe, workload and read-back use it.
 */

const DATA = '/v1/secret/data/'
const METADATA = '/v1/secret/metadata/'

/** What a request wants from a node: to know something, or to change something. */
export type Wanted =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'read'; readonly name: string; readonly version: number | undefined }
  | { readonly kind: 'metadata'; readonly name: string }
  | { readonly kind: 'change'; readonly change: Change; readonly cas?: number }

export function wantedBy(asked: Asked, at: string): Wanted {
  const { method, path, query, body } = asked
  if (asked.token === undefined) return answering(403, { errors: ['permission denied'] })
  if (path.startsWith(DATA)) {
    const name = path.slice(DATA.length)
    if (method === 'GET') {
      const version = Number(query.get('version') ?? 0)
      return { kind: 'read', name, version: version === 0 ? undefined : version }
    }
    if (method === 'DELETE') return { kind: 'change', change: { do: 'delete', name, at } }
    if (method === 'POST' || method === 'PUT') return writeIn(name, body, at)
  }
  if (path.startsWith(METADATA)) {
    const name = path.slice(METADATA.length)
    if (method === 'GET') return { kind: 'metadata', name }
    if (method === 'DELETE') return { kind: 'change', change: { do: 'purge', name } }
    // Settings of one secret, such as how many versions it keeps: all have the mount's here.
    if (method === 'POST' || method === 'PUT') return answering(204)
  }
  const route = path.replace('/v1/', '')
  return answering(404, { errors: [`no handler for route "${route}". route entry not found.`] })
}

function writeIn(name: string, body: string, at: string): Wanted {
  const { data, options } = JSON.parse(body) as { data: unknown; options?: { cas?: number } }
  const cas = options?.cas === undefined ? {} : { cas: options.cas }
  return { kind: 'change', change: { do: 'write', name, value: data, at }, ...cas }
}

const answering = (status: number, body?: unknown): Wanted => ({
  kind: 'answer',
  answer: body === undefined ? { status } : { status, body },
})

export const CAS_MISMATCH: Answer = {
  status: 400,
  body: { errors: ['check-and-set parameter did not match the current version'] },
}
export const NO_LEADER: Answer = {
  status: 500,
  body: { errors: ['local node not active but active cluster node not found'] },
}
const ABSENT: Answer = { status: 404, body: { errors: [] } }

export const written = (version: number, at: string): Answer => ({
  status: 200,
  body: {
    data: {
      created_time: at,
      custom_metadata: null,
      deletion_time: '',
      destroyed: false,
      version,
    },
  },
})

export function readOf(secret: StoredSecret | undefined, version: number | undefined): Answer {
  const number = version ?? secret?.current ?? 0
  const stored = secret?.versions.get(number)
  if (stored === undefined) return ABSENT
  const gone = stored.deletedAt !== undefined
  const metadata = { ...described(stored), version: number, custom_metadata: null }
  return {
    status: gone ? 404 : 200,
    body: { data: { data: gone ? null : stored.value, metadata } },
  }
}

export function metadataOf(secret: StoredSecret | undefined): Answer {
  if (secret === undefined) return ABSENT
  const versions = [...secret.versions].map(([number, stored]) => [number, described(stored)])
  return {
    status: 200,
    body: {
      data: {
        current_version: secret.current,
        oldest_version: Math.min(...secret.versions.keys()),
        max_versions: 0,
        versions: Object.fromEntries(versions),
      },
    },
  }
}

const described = ({ createdAt, deletedAt }: StoredVersion) => ({
  created_time: createdAt,
  deletion_time: deletedAt ?? '',
  destroyed: false,
})
