import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { JournalData } from '../journal/entry.ts'
import { Secret } from '../lib/secret.ts'
import { livenessOf, ownerText, thisProcess } from '../stack/owner.ts'
import { Refusal } from './refusal.ts'

/** What the judge must know of the operator's doings: it acts on all data at once. */
export type OperationLog = {
  /** Before anything is sent; gives the operation's number. */
  readonly began: (f: 'snapshot' | 'restore', of?: number) => Promise<number>
  readonly ended: (
    operation: number,
    outcome: 'acknowledged' | 'refused' | 'unknown',
    why?: string,
  ) => void
  /** What of the keys that are held opens one backup. */
  readonly custody: (row: JournalData['custody']) => void
}

export const NO_LOG: OperationLog = { began: async () => 0, ended: () => {}, custody: () => {} }

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

  /**
   * From now on this process performs the procedure from this folder, until it releases it or is
   * gone: two at once would each take the other's deeds for their own. One `besideOthers` keeps
   * out nobody but those who perform the same. Of another folder or host nothing is seen.
   * @throws {Refusal} when somebody who is alive does.
   */
  claim(
    procedure: string,
    { besideOthers = false }: { readonly besideOthers?: boolean | undefined } = {},
  ): { readonly release: () => void } {
    const name = besideOthers ? `performing-${procedure}` : 'performing'
    const what = besideOthers ? `performs ${procedure}` : 'changes the cluster'
    const wanted = `nobody else who ${what} from this folder`
    const text = `${ownerText(thisProcess())}\n${procedure}`
    const held = this.read(name)
    const [holder = '', performs] = held?.split('\n') ?? []
    // Nobody is left of a claim that is empty: whoever wrote it was gone before its first byte.
    if (holder !== '' && livenessOf(holder) !== 'dead') {
      const seen = `process ${holder.split('/')[2]} performs ${performs} since before`
      throw new Refusal(wanted, seen)
    }
    if (!this.#take(name, text, held)) throw new Refusal(wanted, AT_ONCE)
    return {
      release: () => {
        if (this.read(name) === text) this.forget(name)
      },
    }
  }

  /** Whole and exclusive at once, in the place of a dead one: of two who find it free one is first. */
  #take(name: string, text: string, dead: string | undefined): boolean {
    const own = `${name}.${process.pid}`
    const stale = `${own}.stale`
    this.write(own, text)
    try {
      if (dead !== undefined) {
        renameSync(this.file(name), this.file(stale))
        // Somebody else may have taken it meanwhile: then theirs is put back.
        if (this.read(stale) !== dead) {
          renameSync(this.file(stale), this.file(name))
          return false
        }
      }
      linkSync(this.file(own), this.file(name))
      return true
    } catch (error) {
      if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
      throw error
    } finally {
      this.forget(stale)
      this.forget(own)
    }
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  /** Whole or not at all: whoever writes it may be gone at any instant. */
  write(name: string, text: string): void {
    const unfinished = `${this.file(name)}.unfinished`
    writeFileSync(unfinished, text, { mode: 0o600, flush: true })
    renameSync(unfinished, this.file(name))
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

const AT_ONCE = 'another process began at the same instant'
