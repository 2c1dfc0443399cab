import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../lib/secret.ts'

/** What the judge must know of the operator's doings: it acts on all data at once. */
export type OperationLog = {
  /** Before anything is sent; gives the operation's number. */
  readonly began: (f: 'snapshot' | 'restore') => number
  readonly ended: (
    operation: number,
    outcome: 'acknowledged' | 'refused' | 'unknown',
    why?: string,
  ) => void
}

export const NO_LOG: OperationLog = { began: () => 0, ended: () => {} }

/**
 * The folder of whoever performs a procedure: snapshots, and what one step leaves for the next.
 * Readable by its owner only, since a step may have to leave a token that nobody else has.
 */
export class OperatorNotes {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.file(name), text, { mode: 0o600 })
  }

  /** `undefined` when no step has left it. */
  read(name: string): string | undefined {
    try {
      return readFileSync(this.file(name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** A secret that must outlive the process of the operator; call {@link forget} when it is void. */
  keep(name: string, secret: Secret): void {
    this.write(name, secret.reveal())
  }

  kept(name: string): Secret | undefined {
    const text = this.read(name)
    return text === undefined ? undefined : new Secret(text)
  }

  forget(name: string): void {
    rmSync(this.file(name), { force: true })
  }
}
