import { expect, test } from 'vitest'
import { openedText, sealedText } from './pgp.ts'
import { Secret } from './secret.ts'

const passphrase = new Secret('known to one person')

test('a sealed text is opened by its passphrase, and is a secret again', async () => {
  const sealed = await sealedText(new Secret('a share'), passphrase)
  expect(sealed).toMatch(/^-----BEGIN PGP MESSAGE-----/)
  expect(sealed).not.toContain('a share')
  const opened = await openedText(sealed, passphrase)
  expect(opened.reveal()).toBe('a share')
  expect(String(opened)).toBe('[secret]')
})

test('no other passphrase opens it', async () => {
  const sealed = await sealedText(new Secret('a share'), passphrase)
  await expect(openedText(sealed, new Secret('guessed'))).rejects.toThrow()
})
