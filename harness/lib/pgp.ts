import { Secret } from './secret.ts'

/**
 * OpenPGP as GnuPG writes and reads it (RB:374, HLD:863): texts that a passphrase opens, as by
 * `gpg --symmetric`, and files that a private key opens, as by `gpg --encrypt`. The library is
 * loaded when it is first used.
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

/** Armoured, as `gpg --export --armor` and `gpg --export-secret-keys --armor` give them. */
export type KeyPair = { readonly publicKey: string; readonly privateKey: Secret }

/** For whoever has this address; no passphrase protects the private key. */
export async function newKeyPair(email: string): Promise<KeyPair> {
  const { generateKey } = await import('openpgp')
  // The newer kinds of keys are unknown to GnuPG 2.2.
  const { publicKey, privateKey } = await generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [{ email }],
    format: 'armored',
  })
  return { publicKey, privateKey: new Secret(privateKey) }
}

/** All of it in memory. */
export async function sealedFor(content: Uint8Array, publicKey: string): Promise<Uint8Array> {
  const { createMessage, encrypt, readKey } = await import('openpgp')
  const [message, encryptionKeys] = await Promise.all([
    createMessage({ binary: content }),
    readKey({ armoredKey: publicKey }),
  ])
  return encrypt({ message, encryptionKeys, format: 'binary' })
}

/** @throws {Error} when it is for somebody else, or was changed. */
export async function openedBy(sealed: Uint8Array, privateKey: Secret): Promise<Uint8Array> {
  const { decrypt, readMessage, readPrivateKey } = await import('openpgp')
  const [message, decryptionKeys] = await Promise.all([
    readMessage({ binaryMessage: sealed }),
    readPrivateKey({ armoredKey: privateKey.reveal() }),
  ])
  const { data } = await decrypt({ message, decryptionKeys, format: 'binary' })
  return data
}
