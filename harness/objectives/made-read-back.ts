import type { ReadData, WriteData } from '../journal/entry.ts'
import { NS_PER_MS, type Ns } from '../lib/clock.ts'
import type { MadeLine } from './made-record.ts'

const PASSES = [
  { node: 'balancer', as: 'balancer' },
  { node: 'vault-1', as: 'standby' },
  { node: 'vault-2', as: 'standby' },
  { node: 'vault-3', as: 'leader' },
] as const
const READER_PID = 4790

/** Every acknowledged write is there, and nothing else, through the balancer and on each node. */
export function madeReadBack(
  answers: readonly WriteData['answer'][],
  fromMs: number,
): readonly MadeLine<ReadData>[] {
  const at = (ms: number): Ns => Math.round(ms * NS_PER_MS)
  const lines: MadeLine<ReadData>[] = []
  for (const [i, { node, as }] of PASSES.entries()) {
    const t = at(fromMs + 10 + i * 100)
    lines.push({ t, kind: 'pass', data: { node, as, writes: answers.length, pid: READER_PID } })
    for (const { n, outcome } of answers) {
      const data: ReadData['read'] =
        outcome === 'acknowledged'
          ? { n, node, state: 'present', version: 1, intact: true, status: 200 }
          : { n, node, state: 'absent', status: 404 }
      lines.push({ t: t + n * 1000, kind: 'read', data })
    }
    lines.push({ t: t + at(90), kind: 'pass.ended', data: { node, read: answers.length } })
  }
  return lines
}
