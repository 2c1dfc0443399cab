import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recordedSnapshot } from '../../fixtures/snapshots/damage.ts'
import { diffSnapshots, type KeyDifference } from './snapshot-diff.ts'
import { SnapshotDamaged } from './snapshot-facts.ts'

describe.each(['openbao', 'vault'] as const)('between two snapshots of %s', (product) => {
  const before = recordedSnapshot(product, 'before')
  const after = recordedSnapshot(product)

  test('what was written shows as keys and bytes of one mount', async () => {
    const keys: KeyDifference[] = []
    const { total, parts } = await diffSnapshots(before, after, (key) => keys.push(key))
    // ten secrets: metadata and a version each; one secret more has a second version
    expect(total).toMatchObject({ onlyInA: 0, onlyInB: 21, changed: 1 })
    expect(parts.map(({ prefix }) => prefix)).toEqual([expect.stringMatching(/^logical\//)])
    expect(keys.filter(({ key }) => key.includes('/versions/'))).toHaveLength(11)
    expect(keys.map(({ key }) => key)).toEqual(keys.map(({ key }) => key).toSorted())
  })

  test('the other way round the same differs', async () => {
    const { total } = await diffSnapshots(after, before)
    expect(total).toMatchObject({ onlyInA: 21, onlyInB: 0, changed: 1 })
  })

  test('nothing differs where it is one and the same', async () => {
    const { a, b, parts, total } = await diffSnapshots(after, after)
    expect(parts).toEqual([])
    expect(total).toEqual({ onlyInA: 0, onlyInB: 0, changed: 0, same: a.entries })
    expect(a).toEqual(b)
  })

  test.each(['first', 'second'])('nothing is said when the %s is damaged', async (which) => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const cut = join(folder, 'cut.snap')
    writeFileSync(cut, readFileSync(after).subarray(0, 15_000))
    const pair = which === 'first' ? ([cut, after] as const) : ([after, cut] as const)
    const refused = await diffSnapshots(...pair).catch((error) => error)
    expect(refused).toBeInstanceOf(SnapshotDamaged)
    expect(refused.file).toBe(cut)
  })
})

test('snapshots of two clusters have no mount in common', async () => {
  const { parts } = await diffSnapshots(recordedSnapshot('vault'), recordedSnapshot('openbao'))
  const common = parts.filter(({ same, changed }) => same + changed > 0)
  expect(common.map(({ prefix }) => prefix).toSorted()).toEqual(['core', 'sys/policy', 'sys/token'])
})
