import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { recordedSnapshot } from '../../fixtures/snapshots/damage.ts'
import { CommandFailed, run } from '../lib/command.ts'
import { seconds } from '../lib/duration.ts'

/** The verb as a shell starts it, on a machine without an engine. */

const CLI = join(import.meta.dirname, '../cli.ts')
const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
afterAll(() => rmSync(folder, { recursive: true }))

const whole = recordedSnapshot('vault')
const cut = join(folder, 'cut.snap')
writeFileSync(cut, readFileSync(whole).subarray(0, 20_000))
const empty = join(folder, 'empty.snap')
writeFileSync(empty, '')

async function snapshot(...args: readonly string[]) {
  const options = { env: { DOCKER_HOST: 'unix:///nonexistent' }, within: seconds(9) }
  try {
    const said = await run(process.execPath, [CLI, 'snapshot', ...args], options)
    return { exit: 0, said }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return { exit: error.exit, said: error.lastLines.join('\n') }
  }
}

test.each([
  ['inspect shows the key it needs', ['inspect', whole], 0, /needs key arn:aws:kms:.*450d6cf5/],
  ['inspect shows what there is of a damaged one', ['inspect', cut], 1, /member-missing/],
  ['verify finds nothing', ['verify', whole], 0, /after\.snap: whole; only a restore shows/],
  [
    'verify names each damage',
    ['verify', cut],
    1,
    /refused\n {2}cut-short[\s\S]*lacks SHA256SUMS\n/,
  ],
  ['verify wants a product', ['verify', whole, '--product', 'openbao'], 1, /other-product/],
  ['verify of nothing', ['verify', join(folder, 'none')], 64, /none cannot be read: ENOENT$/],
  ['verify of a folder', ['verify', folder], 64, /is no file$/],
  [
    'diff sums up',
    ['diff', recordedSnapshot('vault', 'before'), whole],
    0,
    / 21 +1 +46 +all of it/,
  ],
  ['diff of a damaged one', ['diff', whole, cut], 1, /cut\.snap: refused/],
  [
    'diff names no keys but a number of them',
    ['diff', whole, whole, '--keys', 'all'],
    64,
    /whole number/,
  ],
  ['nothing to do', [], 64, /inspect/],
] as const)('%s', async (_, args, code, pattern) => {
  const { exit, said } = await snapshot(...args)
  expect(said).toMatch(pattern)
  expect(exit).toBe(code)
})

test.each([
  ['inspect', ['inspect', whole], { product: 'vault', findings: [] }],
  ['verify', ['verify', whole], { product: 'vault', findings: [] }],
  // The shortest there is: of a command that fails only the last lines are kept.
  ['verify of a damaged one', ['verify', empty], { file: empty, findings: [{ kind: 'empty' }] }],
  [
    'diff',
    ['diff', recordedSnapshot('vault', 'before'), whole, '--keys', '3'],
    { total: { onlyInB: 21 }, keys: { length: 3 } },
  ],
] as const)('%s --json is one document', async (_, args, document) => {
  const { said } = await snapshot(...args, '--json')
  expect(JSON.parse(said)).toMatchObject(document)
})
