import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { OperatorShell } from './operator-shell.ts'

/** On the operator's host. */
const [INPUT, OUTPUT] = ['/drill/gpg-input', '/drill/gpg-output']
/** Where whoever restores keeps the private key: not on the host that backs up. */
const CUSTODY = '/drill/gpg-custody'

/**
 * GnuPG as it is on the operator's host (HLD:863). A job that encrypts has public keys only: who
 * takes its host over can read no backup. Files go in and out whole, so they have to fit into
 * memory.
 */
export class Gpg {
  readonly #shell: OperatorShell

  constructor(shell: OperatorShell) {
    this.#shell = shell
  }

  /** Whether the keyring of this host has such a key, of somebody or, for '', of anybody. */
  async has(name: string, which: 'public' | 'private'): Promise<boolean> {
    const list = which === 'public' ? '--list-keys' : '--list-secret-keys'
    const { exitCode, output } = await this.#shell.type(
      `gpg --batch --with-colons ${list} ${quoted(name)}`,
    )
    return exitCode === 0 && /^(pub|sec):/m.test(output)
  }

  /** Gives the SHA-256 of what came out, hex. @throws {ShellFailed} */
  async encrypt(
    file: string,
    target: string,
    recipient: string,
  ): Promise<{ readonly sha256: string }> {
    const options = `--trust-model always --recipient ${quoted(recipient)}`
    return this.#through(file, target, `--encrypt ${options}`)
  }

  /** @throws {ShellFailed} when no private key of this host opens it, or it was changed. */
  async decrypt(file: string, target: string): Promise<{ readonly sha256: string }> {
    return this.#through(file, target, '--decrypt')
  }

  /** A new pair of keys, in custody; no host has either of them yet. */
  async makeKey(name: string): Promise<void> {
    await this.#shell.mustType(
      `mkdir -p ${CUSTODY} && chmod 700 ${CUSTODY}
gpg --batch --homedir ${CUSTODY} --passphrase '' --quick-generate-key ${quoted(name)} future-default default never`,
    )
  }

  /** Puts one of the pair into the keyring of this host. */
  async give(name: string, which: 'public' | 'private'): Promise<void> {
    const exported = which === 'public' ? '--export' : '--export-secret-keys'
    await this.#shell.mustType(
      `gpg --batch --homedir ${CUSTODY} ${exported} ${quoted(name)} | gpg --batch --import`,
    )
  }

  async #through(file: string, target: string, options: string) {
    await this.#shell.put([{ path: INPUT, content: await readFile(file), mode: 0o600 }])
    try {
      await this.#shell.mustType(`gpg --batch --yes --output ${OUTPUT} ${options} ${INPUT}`)
      const made = await this.#shell.take(OUTPUT)
      await writeFile(target, made, { mode: 0o600 })
      return { sha256: createHash('sha256').update(made).digest('hex') }
    } finally {
      await this.#shell.type(`rm -f ${INPUT} ${OUTPUT}`)
    }
  }
}

const quoted = (word: string): string => (word === '' ? '' : `'${word.replaceAll("'", '')}'`)
