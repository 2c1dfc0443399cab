import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DAMAGES, forged, ofOtherProduct } from '../../fixtures/snapshots/damage.ts'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { readSettings } from '../settings.ts'
import { connectDocker } from '../stack/docker.ts'
import { localImage } from '../stack/images.ts'
import { VaultError } from './error.ts'
import { softDeleteSecret, writeSecret } from './kv.ts'
import type { Product } from './product.ts'
import { raftPeers } from './raft.ts'
import { sealStatus } from './seal.ts'
import { restoreSnapshot, saveSnapshot } from './snapshot.ts'
import { diffSnapshots } from './snapshot-diff.ts'
import { readSnapshotFacts, verifySnapshot } from './snapshot-facts.ts'

/**
 * What we read in a snapshot against what its server knows, and which damage the server itself
 * refuses. HashiCorp Vault takes part where its image is on the engine; CI has none.
 */

const { sources } = readSettings()
const vaultIsHere = (await localImage(await connectDocker(), 'vault', sources)) !== undefined
if (!vaultIsHere) process.stderr.write('without Vault: its image is not on this engine\n')

const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a snapshot of OpenBao', () => against('openbao'))
describe.runIf(vaultIsHere)('a snapshot of Vault', () => against('vault'))

function against(product: Product): void {
  const on = onStage(`snapshot-${product}`, {}, product)
  const leader = async () => on().cluster.onNode(await on().cluster.leader())
  const save = async (name: string) =>
    (await saveSnapshot(await leader(), join(folder, `${product}-${name}.snap`))).file

  test('tells of its cluster what the cluster tells of itself', async () => {
    const client = await leader()
    const facts = await verifySnapshot(await save('facts'), { product })
    const { type, shares, threshold, version } = await sealStatus(client)
    const key = `:key/${on().cluster.aws.key.id}`
    expect(facts.seal).toMatchObject({
      type,
      recovery: { shares, threshold },
      keyIds: [expect.stringContaining(key)],
      sumsKeyIds: [expect.stringContaining(key)],
    })
    expect(facts.serverVersions).toEqual([version])
    const peers = await raftPeers(client)
    const shown = facts.raft?.peers.map(({ id, address, voter }) => ({ id, address, voter }))
    expect(shown?.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      peers
        .map(({ node, address, voter }) => ({ id: node, address, voter }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    )
  })

  test('grows by as many secrets and versions as are written, and loses none by a soft delete', async () => {
    const before = await save('before')
    const client = await leader()
    for (let i = 0; i < 7; i++) await writeSecret(client, `counted/${i}`, { i })
    for (let i = 0; i < 3; i++) await writeSecret(client, `counted/${i}`, { again: i })
    await softDeleteSecret(client, 'counted/6')
    const after = await save('after')
    const kv = async (file: string) =>
      (await readSnapshotFacts(file)).parts.find(({ kind }) => kind === 'kv-v2')
    const [then, now] = [await kv(before), await kv(after)]
    expect((now?.secrets ?? 0) - (then?.secrets ?? 0)).toBe(7)
    expect((now?.versions ?? 0) - (then?.versions ?? 0)).toBe(10)
    const { parts } = await diffSnapshots(before, after)
    const inMount = parts.find(({ prefix }) => prefix === now?.prefix)
    expect(inMount).toMatchObject({ onlyInA: 0, onlyInB: 17 })
  })

  if (product === 'vault') {
    test('is counted by ours as by its own inspect command', async () => {
      const file = await save('inspected')
      const { vault } = await on().cluster.leader()
      await vault.put([{ path: '/tmp/inspected.snap', content: readFileSync(file) }])
      const command = '/bin/vault operator raft snapshot inspect -format=json /tmp/inspected.snap'
      const { exitCode, output } = await vault.exec(command.split(' '), seconds(10))
      expect(exitCode).toBe(0)
      const told = JSON.parse(output) as Inspected
      const { raft, state, parts } = await readSnapshotFacts(file)
      expect({
        Index: raft?.index,
        Term: raft?.term,
        Version: raft?.version,
        Size: state.bytes,
      }).toEqual({
        Index: told.Meta.Index,
        Term: told.Meta.Term,
        Version: told.Meta.Version,
        Size: told.Meta.Size,
      })
      expect(state.entries).toBe(told.TotalCountKV)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(told.TotalSizeKV)
      const theirs = told.StatsKV.filter(({ Name }) => !Name.startsWith('core/'))
      const ours = parts.filter(({ prefix }) => prefix !== 'core')
      expect(ours.map(({ prefix, entries, bytes }) => [prefix, entries, bytes]).toSorted()).toEqual(
        theirs.map(({ Name, Count, Size }) => [Name, Count, Size]).toSorted(),
      )
    })
  }

  test('is refused by the server and named by us, damage by damage', async () => {
    const whole = readFileSync(await save('whole'))
    const client = await leader()
    const verdicts: string[] = []
    for (const { name, make, server } of DAMAGES) {
      if (server === 'accepts') continue // it would restore; one such is tried below
      const file = join(folder, `${product}-damaged.snap`)
      writeFileSync(file, await make(whole))
      const ours = (await readSnapshotFacts(file)).findings
      const theirs = await verdictOn(client, file)
      verdicts.push(`${name}: we ${ours.length > 0 ? 'refuse' : 'accept'}, it ${theirs}`)
    }
    expect(verdicts.length).toBeGreaterThan(15)
    expect(verdicts.filter((verdict) => !/: we refuse, it refuses/.test(verdict))).toEqual([])
  })

  test('that was forged, or is of another product, only the seal finds out', async () => {
    const client = await leader()
    const whole = readFileSync(join(folder, `${product}-whole.snap`))
    const rows = [
      [await forged(whole), /^refuses with 500: .*hash check failed for "state.bin"/s],
      [ofOtherProduct(product), /^refuses with 400: .*could not verify hash file/s],
    ] as const
    for (const [content, verdict] of rows) {
      const file = join(folder, `${product}-forged.snap`)
      writeFileSync(file, content)
      expect((await readSnapshotFacts(file)).findings).toEqual([])
      expect(await verdictOn(client, file)).toMatch(verdict)
    }
  })

  test('with bytes behind its end is restored by the server, and called damaged by us', async () => {
    const behind = DAMAGES.find(({ server }) => server === 'accepts')
    const file = join(folder, `${product}-behind.snap`)
    const whole = readFileSync(join(folder, `${product}-whole.snap`))
    writeFileSync(file, (await behind?.make(whole)) ?? '')
    expect((await readSnapshotFacts(file)).findings).toHaveLength(1)
    expect(await verdictOn(await leader(), file)).toBe('restores')
  })
}

type Inspected = {
  readonly Meta: { Index: number; Term: number; Version: number; Size: number }
  readonly StatsKV: readonly { Name: string; Count: number; Size: number }[]
  readonly TotalCountKV: number
  readonly TotalSizeKV: number
}

async function verdictOn(
  client: Parameters<typeof restoreSnapshot>[0],
  file: string,
): Promise<string> {
  try {
    await restoreSnapshot(client, file, { within: seconds(20) })
    return 'restores'
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return `refuses with ${error.status}: ${error.errors.join('; ')}`
  }
}
