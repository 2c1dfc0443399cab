import type { BackupAccess } from '../cluster/backup-access.ts'
import type { BackupKind } from '../cluster/backup-name.ts'
import { tellExpired } from '../cluster/backup-retention.ts'
import type { Procedure } from './procedure.ts'

export type Backup = {
  readonly access: BackupAccess
  /** `manual` ones are kept apart, until their maker removes them. */
  readonly kind: BackupKind
}

/** A snapshot of the leader as a verified object (corrected form of RB 3.1 and 3.2). */
export const backup: Procedure<Backup> = {
  name: 'backup',
  runbook: 'docs/runbook/backup.md',
  besideOthers: true,
  async perform({ backups }, { access, kind }, step) {
    await step('See that the token may read a snapshot', () => backups.seesRights(access), {
      source: 'RB:103',
    })
    await step(
      'See the key for which it is encrypted on this host, where that is wanted',
      () => backups.seesRecipient(access),
      { source: 'HLD:863', tells: (told) => told },
    )
    await step('See a leader and a healthy majority', () => backups.seesHealth(access), {
      source: 'RB:109-110',
    })
    const name = await step(
      'Save a snapshot of the leader',
      async () => {
        const name = await backups.begin(kind, access)
        await backups.save(name, access.token)
        return name
      },
      { source: 'RB:112-116, 169-170' },
    )
    const facts = await step(
      'Read it: it is whole, and says which key opens it',
      () => backups.read(name),
      { source: 'RB:118-122, 172-173' },
    )
    const what = await step(
      'Encrypt it for those who restore, where that is wanted',
      () => backups.encrypt(name, facts, access),
      { source: 'HLD:863', tells: ({ told }) => told },
    )
    await step(
      'Store it, encrypted with the key for backups',
      () => backups.store(name, facts, what, access),
      { source: 'RB:124-128, 175-176' },
    )
    await step(
      'Read it back, compare its SHA-256, and mark it as verified',
      () => backups.verify(name, what, access),
      { source: 'RB:130-134, 178-179' },
    )
    const expired = await step(
      'List what has expired, before anything is deleted',
      () => backups.expired(access),
      { source: 'RB:81, 136-137; HLD:860-862', tells: tellExpired },
    )
    await step(
      'Delete what has expired, in the store and in the folder',
      () => backups.prune(access, expired),
      { source: 'RB:81, 136-137; HLD:860-862' },
    )
    await step('Say that it succeeded', async () => backups.end(kind), { source: 'RB:139-144' })
  },
}
