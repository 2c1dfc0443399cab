import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type KeyPair, openedBy, sealedFor } from '../lib/pgp.ts'
import type { Secret } from '../lib/secret.ts'
import { isBug } from '../lib/until.ts'
import type { OperatorNotes } from './operator-notes.ts'
import { Refusal } from './refusal.ts'

/**
 * The keys of GnuPG's kind on the operator's host (HLD:863), in the operator's folder. A job that
 * encrypts has public keys only: who takes its host over can read no backup. Files go through
 * memory whole.
 */
export class Keyring {
  readonly #notes: OperatorNotes

  constructor(notes: OperatorNotes) {
    this.#notes = notes
  }

  /** One of a pair that is made elsewhere, and kept there. */
  take(name: string, { publicKey, privateKey }: KeyPair, which: 'public' | 'private'): void {
    if (which === 'public') this.#notes.write(publicKeyOf(name), publicKey)
    else this.#notes.keep(PRIVATE_KEY, privateKey)
  }

  /** Encrypts for whoever has that name. @throws {Refusal} when their key is not here. */
  async encrypt(
    file: string,
    target: string,
    recipient: string,
  ): Promise<{ readonly sha256: string }> {
    const sealed = await sealedFor(await readFile(file), this.recipientKey(recipient))
    await writeFile(target, sealed, { mode: 0o600 })
    return { sha256: createHash('sha256').update(sealed).digest('hex') }
  }

  /** @throws {Refusal} without a private key, or when it is another one's. */
  async decrypt(file: string, target: string): Promise<void> {
    const name = basename(file)
    const opened = await openedBy(await readFile(file), this.privateKey(name)).catch((error) => {
      if (isBug(error)) throw error
      throw new Refusal(wantedFor(name), `that of this host does not (${error.message})`)
    })
    await writeFile(target, opened, { mode: 0o600 })
  }

  /** @throws {Refusal} */
  recipientKey(name: string): string {
    const known = this.#notes.read(publicKeyOf(name))
    if (known !== undefined) return known
    throw new Refusal(`the public key of ${name}`, 'the keyring of this host has none')
  }

  /** @throws {Refusal} */
  privateKey(opens: string): Secret {
    const known = this.#notes.kept(PRIVATE_KEY)
    if (known !== undefined) return known
    throw new Refusal(wantedFor(opens), 'the keyring of this host has none')
  }
}

/** Whoever restores has one, and no job has any. */
const PRIVATE_KEY = 'private-key.asc'
const wantedFor = (name: string): string => `a private key that opens ${name}`
const publicKeyOf = (name: string): string => `public-key-${name}.asc`
