import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newKeyPair } from '../lib/pgp.ts'
import { Keyring } from './keyring.ts'
import { OperatorNotes } from './operator-notes.ts'

const RECIPIENT = 'restorers@example.org'

function host() {
  const notes = new OperatorNotes(mkdtempSync(join(tmpdir(), 'drill-keyring-')))
  onTestFinished(() => rmSync(notes.folder, { recursive: true }))
  writeFileSync(notes.file('a.snap'), 'all the secrets')
  return { notes, keyring: new Keyring(notes) }
}

test('a host with the public key encrypts, and cannot read it back', async () => {
  const { notes, keyring } = host()
  keyring.take(RECIPIENT, await newKeyPair(RECIPIENT), 'public')
  const [file, sealed] = [notes.file('a.snap'), notes.file('a.snap.gpg')]
  const { sha256 } = await keyring.encrypt(file, sealed, RECIPIENT)
  const content = readFileSync(sealed)
  expect(createHash('sha256').update(content).digest('hex')).toBe(sha256)
  expect(content.includes('secrets')).toBe(false)
  await expect(keyring.decrypt(sealed, notes.file('b.snap'))).rejects.toThrow(
    /wanted: a private key that opens .*a\.snap\.gpg; seen: the keyring of this host has none/,
  )
})

test('the private key opens it, and is a file that nobody else may read', async () => {
  const { notes, keyring } = host()
  const pair = await newKeyPair(RECIPIENT)
  keyring.take(RECIPIENT, pair, 'public')
  keyring.take(RECIPIENT, pair, 'private')
  await keyring.encrypt(notes.file('a.snap'), notes.file('a.snap.gpg'), RECIPIENT)
  await keyring.decrypt(notes.file('a.snap.gpg'), notes.file('b.snap'))
  expect(readFileSync(notes.file('b.snap'), 'utf8')).toBe('all the secrets')
  expect(statSync(notes.file('private-key.asc')).mode & 0o777).toBe(0o600)
})

test('another one’s private key does not, and the refusal says so', async () => {
  const { notes, keyring } = host()
  keyring.take(RECIPIENT, await newKeyPair(RECIPIENT), 'public')
  keyring.take('somebody', await newKeyPair('somebody@example.org'), 'private')
  await keyring.encrypt(notes.file('a.snap'), notes.file('a.snap.gpg'), RECIPIENT)
  await expect(keyring.decrypt(notes.file('a.snap.gpg'), notes.file('b.snap'))).rejects.toThrow(
    /^wanted: a private key that opens a\.snap\.gpg; seen: that of this host does not \(/,
  )
  expect(existsSync(notes.file('b.snap'))).toBe(false)
})

test('nothing is encrypted for somebody whose key is not there', async () => {
  const { notes, keyring } = host()
  const asked = keyring.encrypt(notes.file('a.snap'), notes.file('a.snap.gpg'), 'somebody')
  await expect(asked).rejects.toThrow('wanted: the public key of somebody')
})
