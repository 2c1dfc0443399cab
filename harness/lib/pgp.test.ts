import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run } from './command.ts'
import { newKeyPair, openedBy, openedText, sealedFor, sealedText } from './pgp.ts'
import { Secret } from './secret.ts'

const passphrase = new Secret('known to one person')
const RECIPIENT = 'restorers@example.org'
const content = Buffer.from([...Array(70_000).keys()].map((n) => n % 251))

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

test('a file that is sealed for somebody is opened by their private key', async () => {
  const { publicKey, privateKey } = await newKeyPair(RECIPIENT)
  const sealed = await sealedFor(content, publicKey)
  expect(Buffer.from(sealed).includes(content.subarray(0, 32))).toBe(false)
  expect(content.equals(await openedBy(sealed, privateKey))).toBe(true)
  expect(String(privateKey)).toBe('[secret]')
})

test('nobody else opens it, and nobody who finds it changed', async () => {
  const [own, other] = [await newKeyPair(RECIPIENT), await newKeyPair(RECIPIENT)]
  const sealed = Buffer.from(await sealedFor(content, own.publicKey))
  await expect(openedBy(sealed, other.privateKey)).rejects.toThrow()
  sealed.writeUInt8(sealed.readUInt8(sealed.length - 30) ^ 1, sealed.length - 30)
  await expect(openedBy(sealed, own.privateKey)).rejects.toThrow()
})

const isThere = await run('gpg', ['--version']).then(
  () => true,
  () => false,
)

/** What people on call have at hand; each test has a keyring of its own. */
describe.skipIf(!isThere)('GnuPG', () => {
  function gnuPg() {
    const home = mkdtempSync(join(tmpdir(), 'gpg-'))
    const file = (name: string, text?: string | Uint8Array) => {
      if (text !== undefined) writeFileSync(join(home, name), text, { mode: 0o600 })
      return join(home, name)
    }
    const gpg = (...args: readonly string[]) =>
      run('gpg', ['--batch', '--yes', '--quiet', '--homedir', home, ...args])
    onTestFinished(async () => {
      await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'])
      rmSync(home, { recursive: true, force: true })
    })
    return { gpg, file }
  }

  test('opens a share by its passphrase', async () => {
    const { gpg, file } = gnuPg()
    const sealed = file('share.asc', await sealedText(new Secret('a share'), passphrase))
    const typed = file('passphrase', passphrase.reveal())
    const asked = ['--pinentry-mode', 'loopback', '--passphrase-file', typed]
    expect(await gpg(...asked, '--decrypt', sealed)).toBe('a share')
  })

  test('opens what we seal for a key of its own', async () => {
    const { gpg, file } = gnuPg()
    const kind = ['future-default', 'default', 'never']
    await gpg('--passphrase', '', '--quick-generate-key', RECIPIENT, ...kind)
    const publicKey = await gpg('--armor', '--export', RECIPIENT)
    const sealed = file('a.snap.gpg', await sealedFor(content, publicKey))
    await gpg('--output', file('a.snap'), '--decrypt', sealed)
    expect(readFileSync(file('a.snap')).equals(content)).toBe(true)
  })

  test('takes our keys, and seals what we open', async () => {
    const { gpg, file } = gnuPg()
    const { publicKey, privateKey } = await newKeyPair(RECIPIENT)
    await gpg('--import', file('public.asc', publicKey))
    const options = ['--trust-model', 'always', '--recipient', RECIPIENT]
    const sealed = file('a.snap.gpg')
    await gpg(...options, '--output', sealed, '--encrypt', file('a.snap', content))
    expect(content.equals(await openedBy(readFileSync(sealed), privateKey))).toBe(true)
  })
})
