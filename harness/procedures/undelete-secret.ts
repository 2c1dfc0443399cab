import type { Procedure, SignedIn } from './procedure.ts'

/** A secret's latest version was deleted, and is only hidden (RB 6.3 would restore a snapshot). */
export const undeleteSecret: Procedure<SignedIn & { path: string }> = {
  name: 'undelete-secret',
  runbook: 'docs/runbook/undelete-secret.md',
  async perform({ secrets }, { path }, step) {
    const version = await step(
      'Read the secret: its latest version is hidden, not destroyed',
      () => secrets.hidden(path),
      { source: 'RB:521-524' },
    )
    await step('Undelete that version', () => secrets.undelete(path, version))
    await step('Read it', () => secrets.seesPresent(path), { source: 'RB:542-552' })
  },
}
