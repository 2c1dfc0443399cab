import type { Defect } from '../defect.ts'
import { spoiledHistory } from '../spoiled-run.ts'

/** Reads and deletes that do not tell how it is. */
export const READS: readonly Defect[] = [
  {
    id: 'M03',
    title: 'reads are answered from a memory of 2 s, or by a node that is behind',
    plants: [
      {
        level: 'L0',
        kind: 'record',
        detectors: ['A2', 'B'],
        plant: spoiledHistory('stale-read'),
      },
      { level: 'L1', kind: 'short-run', detectors: ['A2', 'B'], tampering: 'caches-reads' },
    ],
  },
  {
    id: 'M04',
    title: 'a leader that was paused serves old data when it goes on',
    plants: [
      {
        level: 'L2',
        kind: 'pending',
        detectors: ['stale read, classified vault-lease; strict misses'],
        reason:
          'natural control, not seen: of 32 reads held up by a frozen leader none was stale (leader-freeze, OpenBao); a read that is stale is planted as M03, at every level',
      },
    ],
  },
  {
    id: 'M12',
    title: 'a deleted secret is back',
    plants: [
      {
        level: 'L0',
        way: 'a delete is acknowledged and not applied',
        kind: 'record',
        detectors: ['resurrected', 'B'],
        plant: spoiledHistory('delete-ignored'),
      },
      {
        level: 'L0',
        way: 'a deleted secret is there again at the end',
        kind: 'record',
        detectors: ['resurrected', 'B'],
        plant: spoiledHistory('resurrection'),
      },
      {
        level: 'L1',
        way: 'a delete is acknowledged and not applied',
        kind: 'short-run',
        detectors: ['resurrected', 'B'],
        tampering: 'deletes-nothing',
      },
      {
        level: 'L2',
        way: 'the clock of one node is behind: a delete is undone',
        kind: 'pending',
        detectors: ['resurrection rule'],
        reason: "a container's clock cannot be set here: needs a patched build or a VM",
      },
    ],
  },
  {
    id: 'M25',
    title: 'the writes are read back from the memory of the process that wrote them',
    plants: [
      { level: 'L1', kind: 'short-run', detectors: ['fresh-reader'], tampering: 'own-cache' },
    ],
  },
]
