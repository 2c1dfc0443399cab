import type { Defect, Plant } from '../defect.ts'
import { spoiledHistory } from '../spoiled-run.ts'

const needsRestore = (...detectors: readonly string[]): Plant => ({
  level: 'L2',
  kind: 'pending',
  detectors,
  reason: 'needs backup and restore as procedures (the runbook runs)',
})

const restored = { restore: true, deletes: true }

/** Backups that are none, and restores that do not restore. */
export const RESTORES: readonly Defect[] = [
  {
    id: 'M07',
    title: 'the backup uploads a snapshot whose end is cut off',
    plants: [needsRestore('checks of the archive', 'failed restore', 'cut rule')],
  },
  {
    id: 'M08',
    title: "the backup uploads yesterday's file under today's name",
    plants: [needsRestore('cut rule: lost before the snapshot', 'RPO bound', 'snapshot index')],
  },
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
      needsRestore('cut rule: inconsistent cut', 'lost writes per tenant'),
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
      needsRestore('search with snapshot and restore', 'the restore discarded a write'),
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
      needsRestore('cut rule: inconsistent cut', 'could not find version data'),
    ],
  },
]
