import { describe, expect, test } from 'vitest'
import type { ReadData, ReadEntry } from './entry.ts'
import { ReadOutBuilder } from './read-out.ts'

type Given = { [K in keyof ReadData]: readonly [kind: K, data: ReadData[K]] }[keyof ReadData]

function built(...lines: readonly Given[]) {
  const builder = new ReadOutBuilder()
  lines.forEach(([kind, data], seq) => {
    builder.add({ seq, t: 0, prev: '', kind, data } as ReadEntry)
  })
  return builder.finish()
}

const register = (more: Partial<ReadData['register']> = {}): Given => [
  'register',
  {
    ...{ node: 'vault-1', key: 'a', state: 'present', current: 3 },
    versions: [{ version: 1 }, { version: 2, deleted: true }, { version: 3, destroyed: true }],
    ...more,
  },
]
const version = (more: Partial<ReadData['version']> = {}): Given => [
  'version',
  { node: 'vault-1', key: 'a', version: 1, state: 'present', op: 'x', intact: true, ...more },
]
const ended = (node: string): Given => ['registers.ended', { node, keys: 1, versions: 1 }]

describe('the read-out', () => {
  test('has the registers of each node, with the versions that were listed and read', () => {
    const readOuts = built(
      ['pass', { node: 'vault-1', as: 'leader', writes: 0, pid: 1 }],
      ['pass.ended', { node: 'vault-1', read: 0 }],
      register(),
      register({ key: 'b', state: 'absent', current: 0, versions: [] }),
      version(),
      version({ version: 2, state: 'unreadable', why: '503' }),
      ended('vault-1'),
      register({ node: 'vault-2' }),
    )
    expect(readOuts.map(({ node, ended }) => [node, ended])).toEqual([
      ['vault-1', true],
      ['vault-2', false],
    ])
    const [first, second] = readOuts
    expect(first?.registers.get('a')).toEqual({
      state: 'present',
      current: 3,
      versions: new Map([
        [1, { listed: 'live', state: 'present', op: 'x', intact: true }],
        [2, expect.objectContaining({ listed: 'deleted', state: 'unreadable', why: '503' })],
        [3, { listed: 'destroyed' }],
      ]),
    })
    expect(first?.registers.get('b')).toMatchObject({ state: 'absent', current: 0 })
    expect(second?.registers.get('a')?.versions.get(1)).toEqual({ listed: 'live' })
  })

  test('says of a register why it could not be read', () => {
    const unreadable = register({ state: 'unreadable', current: 0, versions: [], why: '503' })
    expect(built(unreadable)[0]?.registers.get('a')).toMatchObject({
      state: 'unreadable',
      why: '503',
    })
  })

  test('has not ended when it was begun anew', () => {
    expect(built(register(), ended('vault-1'))[0]?.ended).toBe(true)
    expect(built(register(), ended('vault-1'), register())[0]?.ended).toBe(false)
  })

  test('is none when nobody read registers', () => {
    expect(built(['pass', { node: 'vault-1', as: 'leader', writes: 0, pid: 1 }])).toEqual([])
  })
})
