import type { ReadData } from '../journal/entry.ts'
import type { OperationData, OperationOutcome } from '../journal/operation.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { MadeLine } from './made-record.ts'

/**
 * The register workload of a made run: few clients, one operation after another, on a store that
 * does what it is told. During an outage the first changes have no answer, one of them applied;
 * the others are refused.
 */

export type MadeWorkload = {
  readonly ops: readonly MadeLine<OperationData>[]
  readonly reads: readonly MadeLine<ReadData>[]
}

const CLIENTS = 4
const PER_SECOND = 20
const LATENCY_MS = 4
/** Each client goes through these again and again; the last two on a register of its own kind. */
const TURNS = ['write', 'read', 'cas', 'read', 'stale', 'read', 'write', 'read', 'put', 'drop']
const KEYS = ['t0/warm-1', 't0/warm-2', 't1/warm-1'].map((key) => `rpo/7f3a/register/${key}`)
const DELETABLE = 'rpo/7f3a/register/t1/deletable-1'
const WORKLOAD_PID = 4722

type Version = { readonly op: string; deleted: boolean }
type Turn = { readonly out: OperationOutcome; readonly status?: number }

export function madeWorkload({
  nodes,
  fromMs,
  toMs,
  readOutMs,
  outages,
}: {
  readonly nodes: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly readOutMs: number
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[]
}): MadeWorkload {
  const store = new Map<string, Version[]>([...KEYS, DELETABLE].map((key) => [key, []]))
  const versionsOf = (key: string): Version[] => store.get(key) as Version[]
  const head: OperationData['workload'] = {
    pid: WORKLOAD_PID,
    clients: CLIENTS,
    operationsPerSecond: PER_SECOND,
    seed: '7f3a',
  }
  const ops: MadeLine<OperationData>[] = [{ t: at(fromMs), kind: 'workload', data: head }]
  const streams = Array.from({ length: CLIENTS }, (_, client) => client + 1)
  let newStream = CLIENTS + 1
  let unanswered = 0
  for (let i = 1; ; i++) {
    const callMs = fromMs + 10 + ((i - 1) * 1000) / PER_SECOND
    if (callMs + LATENCY_MS >= toMs) break
    const client = (i - 1) % CLIENTS
    const turn = TURNS[Math.floor((i - 1) / CLIENTS) % TURNS.length] as string
    const key = turn === 'put' || turn === 'drop' ? DELETABLE : (KEYS[i % KEYS.length] as string)
    const versions = versionsOf(key)
    const f = turn === 'read' ? 'read' : turn === 'drop' ? 'delete' : 'write'
    const op = f === 'write' ? { op: `op-${i}` } : {}
    const cas = turn === 'cas' ? { cas: versions.length } : turn === 'stale' ? { cas: 900 } : {}
    const bad = outages.some((o) => callMs + LATENCY_MS > o.fromMs && callMs < o.toMs)
    const answer = ((): Turn => {
      if (!bad) return apply(versions, f, op.op, cas.cas)
      if (f === 'read') return { out: { t: 'unknown', why: 'no server available' }, status: 503 }
      if (f === 'delete' || unanswered >= 2) {
        return { out: { t: 'refused', why: 'no server available' }, status: 503 }
      }
      unanswered++
      // The first is applied although nobody answers, the second is not.
      if (unanswered === 1) apply(versions, f, op.op, cas.cas)
      return { out: { t: 'unknown', why: 'no answer within 1000 ms' } }
    })()
    const call: OperationData['call'] = {
      i,
      client,
      stream: streams[client] as number,
      tenant: key.split('/')[3] as string,
      key,
      f,
      ...op,
      ...cas,
      path: 'balancer',
      conn: 'keepalive',
      intended: at(callMs),
      call: at(callMs),
    }
    const ret = at(callMs + LATENCY_MS)
    ops.push({ t: at(callMs - 0.01), kind: 'call', data: call })
    ops.push({ t: ret, kind: 'return', data: { i, ret, ...answer } })
    // What was not answered may stay under way for ever.
    if (answer.out.t === 'unknown' && f !== 'read') streams[client] = newStream++
  }
  return { ops, reads: nodes.flatMap((node, i) => readOut(node, readOutMs + i, store)) }
}

function apply(versions: Version[], f: string, op: string | undefined, cas?: number): Turn {
  const latest = versions.at(-1)
  if (f === 'read') {
    const out: OperationOutcome =
      latest === undefined
        ? { t: 'ack', val: null }
        : latest.deleted
          ? { t: 'ack', ver: versions.length, deleted: true }
          : { t: 'ack', ver: versions.length, val: latest.op }
    return { out, status: latest === undefined || latest.deleted ? 404 : 200 }
  }
  if (f === 'delete') {
    if (latest !== undefined) latest.deleted = true
    return { out: { t: 'ack' }, status: 204 }
  }
  if (cas !== undefined && cas !== versions.length) return { out: { t: 'casfail' }, status: 400 }
  versions.push({ op: op as string, deleted: false })
  return { out: { t: 'ack', ver: versions.length }, status: 200 }
}

function readOut(
  node: string,
  fromMs: number,
  store: ReadonlyMap<string, readonly Version[]>,
): readonly MadeLine<ReadData>[] {
  const t = at(fromMs)
  const lines: MadeLine<ReadData>[] = []
  let versionCount = 0
  for (const [key, versions] of store) {
    const listed = versions.map(({ deleted }, i) => ({
      version: i + 1,
      ...(deleted ? { deleted: true as const } : {}),
    }))
    const state = versions.length === 0 ? 'absent' : 'present'
    const register = { node, key, state, current: versions.length, versions: listed } as const
    lines.push({ t, kind: 'register', data: register })
    for (const [i, { op, deleted }] of versions.entries()) {
      const version = { node, key, version: i + 1 }
      const data: ReadData['version'] = deleted
        ? { ...version, state: 'deleted' }
        : { ...version, state: 'present', op, intact: true }
      lines.push({ t, kind: 'version', data })
      versionCount++
    }
  }
  lines.push({
    t,
    kind: 'registers.ended',
    data: { node, keys: store.size, versions: versionCount },
  })
  return lines
}

const at = (ms: number): Ns => Math.round(ms * NS_PER_MS)
