import { describe, expect, test } from 'vitest'
import { type History, HistoryBuilder } from '../journal/history.ts'
import type { OperationData, OperationEntry, OperationOutcome } from '../journal/operation.ts'
import { Seed } from '../lib/seed.ts'
import { ALL_UP_TO, latestVersions, versionsToRead } from './register-versions.ts'

const seed = new Seed('7f3a')
const SECOND = 1_000_000_000

/** One write per version and second, of one register. */
function historyOf(
  writes: number,
  outcomeOf: (version: number) => OperationOutcome | undefined,
): History {
  const builder = new HistoryBuilder()
  const add = <K extends keyof OperationData>(kind: K, data: OperationData[K]) =>
    builder.add({ seq: 0, t: 0, prev: '', kind, data } as unknown as OperationEntry)
  add('workload', { pid: 1, clients: 1, operationsPerSecond: 1, seed: 'x' })
  for (let i = 1; i <= writes; i++) {
    add('call', {
      i,
      client: 1,
      stream: i,
      tenant: 't1',
      key: 'a',
      f: 'write',
      op: `op${i}`,
      path: 'balancer',
      conn: 'keepalive',
      intended: i * SECOND,
      call: i * SECOND,
    })
    const out = outcomeOf(i)
    if (out !== undefined) add('return', { i, ret: i * SECOND + 1_000, out })
  }
  return builder.finish() as History
}

const register = (count: number) => ({
  key: 'a',
  current: count,
  versions: Array.from({ length: count }, (_, i) => i + 1),
})
const acknowledged = (version: number): OperationOutcome => ({ t: 'ack', ver: version })

describe('the versions that are read back', () => {
  test('are all, while they are few enough', () => {
    const history = historyOf(ALL_UP_TO, acknowledged)
    const { chosen, versions } = versionsToRead([register(ALL_UP_TO)], history, seed)
    expect(chosen).toBe('all')
    expect(versions).toHaveLength(ALL_UP_TO)
    expect(versions.at(-1)).toEqual({ key: 'a', version: ALL_UP_TO })
  })

  test('are else the doubtful ones, and a sample of the others', () => {
    const count = ALL_UP_TO + 1
    const history = historyOf(count, (i) => {
      if (i === 1_000) return { t: 'refused', why: '503 Vault is sealed' }
      return i === 2_000 ? undefined : acknowledged(i)
    })
    const { chosen, versions } = versionsToRead([register(count)], history, seed)
    expect(chosen).toBe('doubtful')
    const read = new Set(versions.map(({ version }) => version))
    const near = (at: number) => Array.from({ length: 26 }, (_, i) => at - 10 + i)
    for (const version of [...near(1_000), ...near(2_000), count]) {
      expect(read).toContain(version)
    }
    const others = read.size - 2 * 26 - 1
    expect(others).toBeGreaterThan(0.003 * count)
    expect(others).toBeLessThan(0.03 * count)
    expect(versionsToRead([register(count)], history, seed).versions).toEqual(versions)
  })

  test('include those that no acknowledged write owns', () => {
    const count = ALL_UP_TO + 1
    const history = historyOf(count - 1, acknowledged)
    const two = { key: 'b', current: 2, versions: [1, 2] } // of a key that nobody wrote
    const { versions } = versionsToRead([register(count), two], history, seed)
    expect(versions).toContainEqual({ key: 'b', version: 1 })
    expect(versions).toContainEqual({ key: 'b', version: 2 })
    expect(versions.length).toBeLessThan(0.05 * count)
  })

  test('are the latest ones of a node', () => {
    const never = { key: 'c', current: 0, versions: [] }
    expect(latestVersions([register(3), never])).toEqual([{ key: 'a', version: 3 }])
  })
})
