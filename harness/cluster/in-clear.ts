import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { minutes } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import type { VaultClient } from '../vault/client.ts'

/** Looks for texts that encryption should have hidden. */

/** A snapshot of the leader, unpacked as far as gzip goes: the archive inside is plain tar. */
export async function readSnapshot(leader: VaultClient): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = []
  await leader.download('sys/storage/raft/snapshot', (chunk) => chunks.push(chunk), {
    within: minutes(1),
  })
  return [gunzipSync(Buffer.concat(chunks))]
}

/** What is left of a shorter text in base64 would be found everywhere by accident. */
const SHORTEST = 12

/** Those of the texts that occur as they are, in base64 at any offset, or in hex. */
export function textsIn(contents: readonly Buffer[], texts: readonly string[]): readonly string[] {
  for (const text of texts) assert.ok(text.length >= SHORTEST, `"${text}" is too short to look for`)
  return texts.filter((text) =>
    spellings(text).some((spelling) => contents.some((content) => content.includes(spelling))),
  )
}

/** Files below the folder in which one of these secrets stands, in any of those spellings. */
export async function filesWith(
  folder: string,
  secrets: readonly Secret[],
): Promise<readonly string[]> {
  const texts = secrets.map((secret) => secret.reveal())
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const looked = entries
    .filter((entry) => entry.isFile())
    .map(async ({ name, parentPath }) => {
      const content = await readFile(join(parentPath, name))
      return textsIn([content], texts).length > 0 ? [name] : []
    })
  return (await Promise.all(looked)).flat()
}

function spellings(text: string): readonly string[] {
  // The first and last characters of base64 depend on what stands around the text.
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + text).toString('base64')
    return encoded.slice(offset === 0 ? 0 : 4, -4)
  })
  return [text, Buffer.from(text).toString('hex'), ...inBase64]
}
