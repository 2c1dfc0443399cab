import { Secret } from './secret.ts'

/**
 * Texts that only a passphrase opens, as `gpg --symmetric` makes them and `gpg --decrypt` reads
 * them (RB:374). The library is loaded when it is first used.
 */

/** Armoured OpenPGP. */
export async function sealedText(text: Secret, passphrase: Secret): Promise<string> {
  const { createMessage, encrypt } = await import('openpgp')
  const message = await createMessage({ text: text.reveal() })
  return encrypt({ message, passwords: passphrase.reveal(), format: 'armored' })
}

/** @throws {Error} when the passphrase is another one. */
export async function openedText(sealed: string, passphrase: Secret): Promise<Secret> {
  const { decrypt, readMessage } = await import('openpgp')
  const message = await readMessage({ armoredMessage: sealed })
  const { data } = await decrypt({ message, passwords: passphrase.reveal(), format: 'utf8' })
  return new Secret(data)
}
