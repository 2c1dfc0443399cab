import type { WriteOutcome } from '../journal/entry.ts'
import { type HttpAnswer, RequestFailed } from '../lib/http.ts'

/**
 * What an answer proves, as an allow-list: a write is refused only by the observations listed
 * here, and whatever is not listed is `unknown`. Both products; their texts are the same
 * (Vault 1.21.0 and OpenBao 2.6.2, `http/handler.go`).
 */

export type Seen = Pick<HttpAnswer, 'status' | 'headers' | 'body'> | RequestFailed

export type WriteResult = {
  readonly outcome: WriteOutcome
  readonly version?: number
  readonly status?: number
  readonly why?: string
}

/** `change` is a delete, undelete or destroy: they are answered with 204 and have no version. */
export type WriteOperation = 'write' | 'change'

/** Set by our HAProxy, in HTTP mode, on answers of its own: no node has seen the request. */
export const NO_SERVER_HEADER = 'x-drill-no-server'

const SEALED = 'Vault is sealed'
const NO_LEADER_TO_FORWARD_TO = 'local node not active but active cluster node not found'
const NO_LEADER_TO_REDIRECT_TO = 'no active Vault instance found'
const CAS_MISMATCH = 'check-and-set parameter did not match the current version'
const NO_MOUNT = 'no handler for route'
const VERSION_DATA_GONE = 'could not find version data'

/**
 * The outcome of one write.
 * @param forwarding false when the request carried `X-Vault-No-Request-Forwarding: true`.
 */
export function writeOutcome(
  seen: Seen,
  {
    operation = 'write',
    forwarding = true,
  }: { operation?: WriteOperation; forwarding?: boolean } = {},
): WriteResult {
  if (seen instanceof RequestFailed) {
    return { outcome: seen.sent ? 'unknown' : 'refused', why: failureOf(seen) }
  }
  const { status, headers } = seen
  const body = bodyOf(seen)
  if (operation === 'change' && status === 204) return { outcome: 'acknowledged', status }
  if (operation === 'write' && (status === 200 || status === 204)) {
    const version = body?.data?.version
    if (status === 200 && Number.isInteger(version)) {
      return { outcome: 'acknowledged', version: version as number, status }
    }
    return { outcome: 'unknown', status, why: `${status} without a version` }
  }
  const refused = isRefusal(status, headers, onlyErrorOf(body), { operation, forwarding })
  return { outcome: refused ? 'refused' : 'unknown', status, why: reasonOf(seen) }
}

/**
 * Whether a conditional write was told that the version is another than the one it expected. It
 * is refused, and more than that: an observation of the register.
 */
export function isCasMismatch(seen: Seen): boolean {
  if (seen instanceof RequestFailed) return false
  return seen.status === 400 && onlyErrorOf(bodyOf(seen)) === CAS_MISMATCH
}

function isRefusal(
  status: number,
  headers: HttpAnswer['headers'],
  text: string | undefined,
  { operation, forwarding }: { operation: WriteOperation; forwarding: boolean },
): boolean {
  switch (status) {
    case 307:
      // A standby also falls back to the redirect after a forward that failed half-way.
      return !forwarding
    case 400:
      return operation === 'write' && text === CAS_MISMATCH
    case 403:
    case 405:
    case 429:
      return true
    case 404:
      return text?.startsWith(NO_MOUNT) === true
    case 500:
      return text === NO_LEADER_TO_FORWARD_TO // raised before anything is forwarded
    case 503:
      if (headers[NO_SERVER_HEADER] !== undefined) return true
      return text === SEALED || (text === NO_LEADER_TO_REDIRECT_TO && !forwarding)
    default:
      return false
  }
}

export type ReadResult =
  | { readonly seen: 'value'; readonly value: unknown; readonly version: number }
  | { readonly seen: 'absent' }
  | { readonly seen: 'deleted'; readonly version: number }
  /** The metadata of the version is there and its data is not: damage, never an outage. */
  | { readonly seen: 'damaged'; readonly why: string }
  /** Nothing was learnt about the secret. */
  | { readonly seen: 'nothing'; readonly why: string }

/** What one read of a KV v2 secret proves. */
export function readResult(seen: Seen): ReadResult {
  if (seen instanceof RequestFailed) return { seen: 'nothing', why: failureOf(seen) }
  const body = bodyOf(seen)
  const version = body?.data?.metadata?.version
  if (seen.status === 200) {
    const value = body?.data?.data
    if (Number.isInteger(version) && value !== undefined && value !== null) {
      return { seen: 'value', value, version: version as number }
    }
    return { seen: 'nothing', why: '200 without a version or a value' }
  }
  if (seen.status === 404) {
    if (Number.isInteger(version) && isGone(body)) {
      return { seen: 'deleted', version: version as number }
    }
    if (saysAbsent(body)) return { seen: 'absent' }
  }
  if (
    seen.status === 500 &&
    body?.errors?.some((text) => String(text).includes(VERSION_DATA_GONE))
  ) {
    return { seen: 'damaged', why: `${seen.status} ${VERSION_DATA_GONE}` }
  }
  return { seen: 'nothing', why: reasonOf(seen) }
}

/** One version as the metadata of its secret lists it. */
export type ListedVersion = {
  readonly version: number
  readonly deleted?: true
  readonly destroyed?: true
}

export type MetadataResult =
  | {
      readonly seen: 'metadata'
      readonly current: number
      readonly versions: readonly ListedVersion[]
    }
  | { readonly seen: 'absent' }
  | { readonly seen: 'nothing'; readonly why: string }

/** What one read of the metadata of a KV v2 secret proves. */
export function metadataResult(seen: Seen): MetadataResult {
  if (seen instanceof RequestFailed) return { seen: 'nothing', why: failureOf(seen) }
  const body = bodyOf(seen)
  if (seen.status === 200) {
    const { current_version: current, versions } = body?.data ?? {}
    if (Number.isInteger(current) && typeof versions === 'object' && versions !== null) {
      const listed = Object.entries(versions).map(([number, version]) =>
        listedVersion(Number(number), version),
      )
      if (listed.every(({ version }) => Number.isInteger(version)))
        return {
          seen: 'metadata',
          current: current as number,
          versions: listed.toSorted((a, b) => a.version - b.version),
        }
    }
    return { seen: 'nothing', why: '200 without versions' }
  }
  if (seen.status === 404 && saysAbsent(body)) return { seen: 'absent' }
  return { seen: 'nothing', why: reasonOf(seen) }
}

const listedVersion = (version: number, metadata: Metadata): ListedVersion => ({
  version,
  ...(metadata?.destroyed === true ? { destroyed: true } : {}),
  ...(isTime(metadata?.deletion_time) ? { deleted: true } : {}),
})

type Metadata =
  | {
      readonly version?: unknown
      readonly deletion_time?: unknown
      readonly destroyed?: unknown
    }
  | null
  | undefined

type Body = {
  readonly data?: {
    readonly version?: unknown
    readonly data?: unknown
    readonly metadata?: Metadata
    readonly current_version?: unknown
    readonly versions?: Readonly<Record<string, Metadata>> | null
  } | null
  readonly errors?: readonly unknown[]
}

function isGone(body: Body | undefined): boolean {
  const { deletion_time: deletionTime, destroyed } = body?.data?.metadata ?? {}
  return destroyed === true || isTime(deletionTime)
}

/** Empty unless deleted; no version of ours expires in the future. */
const isTime = (deletionTime: unknown): boolean =>
  typeof deletionTime === 'string' && deletionTime !== ''

/** "There is nothing here": an empty list of errors, unlike a path that has no handler. */
const saysAbsent = (body: Body | undefined): boolean =>
  body?.data === undefined && Array.isArray(body?.errors) && body.errors.length === 0

/** An answer that is no JSON came from something in between, and proves nothing by its text. */
function bodyOf({ body }: Pick<HttpAnswer, 'body'>): Body | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Body) : undefined
  } catch {
    return undefined
  }
}

function onlyErrorOf(body: Body | undefined): string | undefined {
  if (!Array.isArray(body?.errors) || body.errors.length !== 1) return undefined
  return String(body.errors[0])
}

/** The longest reason a sample carries: a page of HTML is no reason. */
const REASON_CHARACTERS = 160

function reasonOf(seen: Pick<HttpAnswer, 'status' | 'headers' | 'body'>): string {
  const body = bodyOf(seen)
  const texts = Array.isArray(body?.errors) ? body.errors.map(String) : []
  const text = texts.length === 0 ? '' : ` ${texts.join('; ')}`
  return `${seen.status}${text}`.replaceAll(/\s+/g, ' ').slice(0, REASON_CHARACTERS)
}

const failureOf = ({ code, sent }: RequestFailed): string =>
  `${code} ${sent ? 'after' : 'before'} sending`
