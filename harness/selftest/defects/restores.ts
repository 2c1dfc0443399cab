import type { Defect } from '../defect.ts'
import { spoiledHistory } from '../spoiled-run.ts'

const restored = { restore: true, deletes: true }

/** Backups that are none, and restores that do not restore. */
export const RESTORES: readonly Defect[] = [
  {
    id: 'M09',
    title: 'a restore loses one tenant, or takes it from an older snapshot',
    plants: [
      {
        level: 'L0',
        kind: 'record',
        detectors: ['cut'],
        plant: spoiledHistory('tenant-from-older-snapshot', restored),
      },
    ],
  },
  {
    id: 'M10',
    title: 'a restore answers and changes nothing',
    plants: [
      {
        level: 'L0',
        kind: 'record',
        detectors: ['cut', 'B'],
        plant: spoiledHistory('restore-noop', restored),
      },
    ],
  },
  {
    id: 'M11',
    title: 'the backup is a file copy of a live data directory',
    plants: [
      {
        level: 'L0',
        kind: 'record',
        detectors: ['cut'],
        plant: spoiledHistory('file-copy', restored),
      },
    ],
  },
]
