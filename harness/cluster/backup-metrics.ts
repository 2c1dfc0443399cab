import { renameSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OperatorNotes } from './operator-notes.ts'

/**
 * What monitoring knows of the backups: text files in the operator's folder, as node-exporter
 * collects them. A Pushgateway (RB:142-144) loses them at its restart and never ages them.
 */
const METRICS = {
  vault_backup_success_timestamp: 'When the last backup was stored and read back.',
  vault_backup_verified: 'Whether the newest backup was found whole at the last look.',
  vault_backup_restored: 'Whether the newest backup could be restored at the last try.',
  vault_restore_drill_timestamp: 'When the last drill brought every credential back in time.',
}

export type BackupMetric = keyof typeof METRICS

/** In one go: a collector may read at any moment. */
export function sayMetric(notes: OperatorNotes, metric: BackupMetric, value: number): void {
  const file = `${metric}.prom`
  const text = [
    `# HELP ${metric} ${METRICS[metric]}`,
    `# TYPE ${metric} gauge`,
    `${metric} ${value}`,
  ]
  notes.write(`${file}.new`, `${text.join('\n')}\n`)
  renameSync(notes.file(`${file}.new`), notes.file(file))
}

/** As a collector finds it; `never` before the first. */
export async function readMetric(folder: string, metric: BackupMetric): Promise<number | 'never'> {
  const text = await readFile(join(folder, `${metric}.prom`), 'utf8').catch(() => '')
  const value = new RegExp(`^${metric} (\\d+)$`, 'm').exec(text)?.[1]
  return value === undefined ? 'never' : Number(value)
}
