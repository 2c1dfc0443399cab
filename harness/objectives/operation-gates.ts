import type { Op } from '../journal/history.ts'
import type { RunRecord } from '../journal/read.ts'
import { consistencyFindings } from './consistency.ts'
import { type Gate, vacuity } from './gate.ts'
import { steadyState } from './steady.ts'

/** Whether the register workload put anything to the test, and whether its end was looked at. */

/** Of the rate that was aimed at, in the steady period: less invalidates a run (etcd#18928). */
const RATE_MIN = 0.8

const KINDS: Readonly<Record<string, (op: Op) => boolean>> = {
  read: ({ f }) => f === 'read',
  write: ({ f, cas }) => f === 'write' && cas === undefined,
  'conditional write': ({ f, cas }) => f === 'write' && cas !== undefined,
  delete: ({ f }) => f === 'delete',
}

/** Each kind of operation was acknowledged at least once, and there were enough before the fault. */
export function enoughOperations(record: RunRecord, guards: readonly string[]): Gate {
  const id = 'operations'
  const { history } = record
  if (history === undefined) return vacuity(id, guards, false, 'no operation was recorded')
  const acknowledged = history.ops.filter(({ out }) => out.t === 'ack')
  const never = Object.keys(KINDS).filter((kind) => !acknowledged.some((op) => KINDS[kind]?.(op)))
  if (never.length > 0) return vacuity(id, guards, false, `no ${never[0]} was acknowledged`)
  const steady = steadyState(record)
  if (steady === undefined) {
    return vacuity(id, guards, false, 'there was no steady period before the fault')
  }
  const { from, to, ms } = steady
  const sent = history.ops.filter(({ call }) => call >= from && call < to).length
  const perSecond = (1000 * sent) / ms
  const told = `${perSecond.toFixed(0)} operations/s before the fault, aimed at ${history.operationsPerSecond}`
  const held = perSecond >= RATE_MIN * history.operationsPerSecond
  return vacuity(id, guards, held, `${told}; ${acknowledged.length} acknowledged in all`)
}

/** Every register has an answer on every node, down to its versions. */
export function readOutComplete(record: RunRecord, guards: readonly string[]): Gate {
  const found = consistencyFindings(record)
  const gaps = found?.gaps ?? ['no operation was recorded']
  const whole = `${found?.keys ?? 0} registers were read on ${record.frozen.nodes.length} nodes`
  return vacuity('read-out-complete', guards, gaps.length === 0, gaps.join('; ') || whole)
}
