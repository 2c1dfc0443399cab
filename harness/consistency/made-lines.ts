import type { Op } from '../journal/history.ts'
import type { OperationOutcome } from '../journal/operation.ts'
import type { ReadOut, ReadRegister, ReadVersion } from '../journal/read-out.ts'
import type { RegisterOps } from './register.ts'

/**
 * Histories of one register as a line of text, for known answers: `1-2 w a 1; 3-4 r a 1`.
 *
 * `w a 1`: write a made version 1; `w a ?`: no answer; `w a no`: refused; `w a 3 cas 2`;
 * `w a casfail cas 2`; `r a 1`; `r none`; `r deleted 1`; `d`; `d ?`; `snapshot`; `restore`.
 * Numbers of the operations are their places in the text, from 1; `3-∞` never returns.
 */
export function linesOf(text: string): {
  readonly register: RegisterOps
  readonly operator: readonly Op[]
} {
  const all = text === '' ? [] : text.split('; ').map(opOf)
  all.sort((a, b) => a.call - b.call || a.i - b.i)
  const operator = all.filter(({ f }) => f === 'snapshot' || f === 'restore')
  const ops = all.filter((op) => !operator.includes(op))
  return { register: { key: MADE_KEY, ops }, operator }
}

export const MADE_KEY = 'rpo/made/register/t0/0'

function opOf(line: string, at: number): Op {
  const [span = '', verb = '', value = '', answer = '', , cas] = line.split(' ')
  const [call = 0, ret = 0] = span
    .split('-')
    .map((time) => (time === '∞' ? Number.POSITIVE_INFINITY : Number(time)))
  const common = {
    i: at + 1,
    client: at + 1,
    stream: at + 1,
    tenant: 't0',
    key: MADE_KEY,
    path: 'balancer',
    conn: 'keepalive' as const,
    intended: call,
    call,
    ret,
  }
  if (verb === 'r') return { ...common, f: 'read', out: readOf(value, Number(answer)) }
  if (verb === 'd') return { ...common, f: 'delete', out: changeOf(value) }
  if (verb !== 'w') return { ...common, f: verb as 'snapshot' | 'restore', out: { t: 'ack' } }
  const out = changeOf(answer)
  return { ...common, f: 'write', op: value, ...(cas ? { cas: Number(cas) } : {}), out }
}

function changeOf(answer: string): OperationOutcome {
  if (answer === '?') return { t: 'unknown', why: 'no answer within 1000 ms' }
  if (answer === 'no') return { t: 'refused', why: 'ECONNREFUSED' }
  if (answer === 'casfail') return { t: 'casfail' }
  return answer === '' ? { t: 'ack' } : { t: 'ack', ver: Number(answer) }
}

function readOf(value: string, ver: number): OperationOutcome {
  if (value === 'none') return { t: 'ack', val: null }
  if (value === 'deleted') return { t: 'ack', ver, deleted: true }
  return { t: 'ack', ver, val: value }
}

/** `a b - ? .`: the values of versions 1 and 2, then a deleted one, one nobody read, and a gap. */
export function finalFrom(text: string): ReadRegister {
  const values = text === '' ? [] : text.split(' ')
  const listed = values.flatMap((op, at): [number, ReadVersion][] => {
    if (op === '.') return []
    if (op === '-') return [[at + 1, { listed: 'deleted', state: 'deleted' }]]
    if (op === '?') return [[at + 1, { listed: 'live' }]]
    return [[at + 1, { listed: 'live', state: 'present', op, intact: true }]]
  })
  const state = values.length === 0 ? 'absent' : 'present'
  return { state, current: values.length, versions: new Map(listed) }
}

export function readOutFrom(text: string, node = 'vault-1'): ReadOut {
  return { node, ended: true, registers: new Map([[MADE_KEY, finalFrom(text)]]) }
}
