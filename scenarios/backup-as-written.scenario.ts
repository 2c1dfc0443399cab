import { afterUpload } from '../harness/documents/after-upload-blocks.ts'
import {
  backupScript,
  backupVerification,
  backupWithoutKms,
  manualBackup,
} from '../harness/documents/backup-blocks.ts'
import { findings } from '../harness/documents/block.ts'
import { minutes } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { scenario } from '../harness/scenario.ts'

const SHOWN = findings(backupScript, backupWithoutKms, afterUpload)

export const backupAsWritten = scenario(
  "The runbook's backups are made as they are written",
  {
    id: 'BK12',
    source: 'RB:85-199',
    hypothesis: 'As written, cron makes no backup, and the inspection accepts what opens nowhere.',
    suites: ['documents'],
    load: 'none',
    leaves: 'healthy',
    cluster: { operator: 'shell' },
    objectives: () => [checks({ id: 'on-record', all: SHOWN, source: 'RB:85-199' })],
    deadline: minutes(3),
  },
  async ({ type }) => {
    await type(backupScript)
    await type(manualBackup)
    await type(backupVerification)
    await type(backupWithoutKms)
    await type(afterUpload)
  },
)
