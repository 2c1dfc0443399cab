import { join } from 'node:path'
import { ChainWriter, readChain, type Seal } from '../journal/chain.ts'
import type { ReadData, WriteEntry } from '../journal/entry.ts'
import type { RunClock } from '../lib/clock.ts'
import { WRITES_FILE } from '../probes/probe-message.ts'
import { READS_FILE } from '../probes/read-back-message.ts'
import { FAKE_NODES } from './fake-vault.ts'

/** M25: the writes are "read back" by the process that wrote them, from what it remembers. */
export async function readBackFromMemory(directory: string, clock: RunClock): Promise<void> {
  const reads = new ChainWriter(join(directory, READS_FILE), clock)
  const record = <K extends keyof ReadData>(kind: K, data: ReadData[K]) => reads.append(kind, data)
  const written: number[] = []
  const sent: number[] = []
  for await (const line of readChain(join(directory, WRITES_FILE))) {
    const { kind, data } = line as WriteEntry
    if (kind === 'sent') sent.push(data.n)
    else if (data.outcome === 'acknowledged') written.push(data.n)
  }
  const remembered = new Set(written)
  const passes = [['balancer', 'balancer'], ...FAKE_NODES.map((node) => [node, 'standby'])]
  for (const [node = '', as] of passes) {
    record('pass', {
      node,
      as: as as ReadData['pass']['as'],
      writes: sent.length,
      pid: process.pid,
    })
    for (const n of sent) {
      record(
        'read',
        remembered.has(n)
          ? { n, node, state: 'present', version: 1, intact: true }
          : { n, node, state: 'absent' },
      )
    }
    record('pass.ended', { node, read: sent.length })
  }
  reads.close()
}

/** What the writer left, as the journal has to record it. */
export async function sealLeftBy({ directory }: { readonly directory: string }): Promise<Seal> {
  const lines = readChain(join(directory, READS_FILE))
  while (true) {
    const next = await lines.next()
    if (next.done === true) return next.value
  }
}
