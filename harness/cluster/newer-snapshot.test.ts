import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recordedSnapshot } from '../../fixtures/snapshots/damage.ts'
import { readSnapshotFacts, verifySnapshot } from '../vault/snapshot-facts.ts'
import { ledByNewer } from './newer-snapshot.ts'

test.each(['openbao', 'vault'] as const)(
  'a snapshot of %s that a newer server has led is whole, and names that one too',
  async (product) => {
    const folder = mkdtempSync(join(tmpdir(), 'drill-newer-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'newer.snap')
    const recorded = recordedSnapshot(product)
    writeFileSync(file, await ledByNewer(readFileSync(recorded), '99.0.0'))
    const before = await readSnapshotFacts(recorded)
    const facts = await verifySnapshot(file, { product })
    expect(facts.serverVersions).toEqual([...before.serverVersions, '99.0.0'])
    expect(facts.state.entries).toBe(before.state.entries + 1)
    expect(facts.seal).toEqual(before.seal)
  },
)
