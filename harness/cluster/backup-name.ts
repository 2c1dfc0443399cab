/**
 * Names of backups. The documents' own (RB:105-106, 170), except that the time is UTC: the script
 * takes the host's, whose autumn has an hour twice and so names that do not sort.
 */

export type BackupKind = 'daily' | 'manual'

export type BackupName = {
  /** Of the object, with the folder that manual ones have (RB:176). */
  readonly key: string
  /** Of the local copy, as the cluster gave it. */
  readonly file: string
  /** By GnuPG, before it leaves the host (HLD:863). */
  readonly encrypted: boolean
  readonly kind: BackupKind
  readonly takenMs: number
}

const FORMS: Readonly<Record<BackupKind, { readonly folder: string; readonly stem: string }>> = {
  daily: { folder: '', stem: 'vault-snapshot' },
  manual: { folder: 'manual/', stem: 'vault-manual' },
}

/** Name of the object's metadata that has when its last byte had come from the cluster. */
export const SAVED = 'saved'

/** What is added to the name of an encrypted object. */
export const ENCRYPTED = '.gpg'

/** Of an encrypted one: name of the metadata that has the SHA-256 of what is inside. */
export const SNAPSHOT_SHA256 = 'snapshot-sha256'

export function backupName(kind: BackupKind, atMs: number, encrypted = false): BackupName {
  const { folder, stem } = FORMS[kind]
  const takenMs = Math.floor(atMs / 1000) * 1000
  const [day, time] = new Date(takenMs).toISOString().slice(0, 19).split('T') as [string, string]
  const file = `${stem}-${day.replaceAll('-', '')}-${time.replaceAll(':', '')}.snap`
  return { key: folder + file + (encrypted ? ENCRYPTED : ''), file, encrypted, kind, takenMs }
}

/** `undefined` for whatever is not a backup of ours. */
export function parseBackupName(key: string): BackupName | undefined {
  const match = /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)\.snap(?:\.gpg)?$/.exec(key)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    ...[number, number, number, number, number],
  ]
  const takenMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const kinds = Object.keys(FORMS) as BackupKind[]
  // A date that does not exist, such as 31 February, comes back as another name.
  const encrypted = key.endsWith(ENCRYPTED)
  return kinds.map((kind) => backupName(kind, takenMs, encrypted)).find((name) => name.key === key)
}
