import { expect, test, vi } from 'vitest'
import { FAULTS } from '../faults/catalogue.ts'
import type { FaultKind } from '../faults/fault.ts'
import type { Abilities } from '../stack/abilities.ts'
import { type FaultRow, listCommand } from './list.ts'
import { rowOf } from './list-faults.ts'

const NO_MATCH = 'iptables has no random match'
const kind = {
  ...(FAULTS[0] as FaultKind),
  name: 'lossy',
  family: 'network',
  needs: ['random-drop'],
} as const
const able = { 'random-drop': true } as unknown as Abilities
const unable = { 'random-drop': NO_MATCH } as unknown as Abilities

test.each([
  ['can be done', able, { available: true }],
  ['cannot be done', unable, { available: false, reason: NO_MATCH }],
  ['is unknown', { unknown: 'no engine' }, { available: null, reason: 'no engine' }],
])('a fault that %s here says so', (_what, here, said) => {
  const { available, ...rest } = rowOf(kind, here)
  expect({ available, ...('reason' in rest ? { reason: rest.reason } : {}) }).toEqual(said)
})

async function listed(rows: readonly FaultRow[], ...args: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await listCommand(async () => rows).parseAsync(['faults', ...args], { from: 'user' })
    return write.mock.calls.map(([text]) => text).join('')
  } finally {
    write.mockRestore()
  }
}

test('the list of faults tells of each what it does, at what, with what, and whether', async () => {
  const parameters = { lossPercent: { default: 30, says: 'share that is lost' } }
  const row = { ...rowOf(kind, unable), does: 'drops packets', final: true, parameters }
  expect(await listed([row, { ...row, name: 'slow', available: true }])).toBe(
    `network
  lossy  drops packets [final]
         target leader | standby | random | <node>; source HLD:867-877; not here: ${NO_MATCH}
         --set lossPercent=30 (share that is lost)
  slow   drops packets [final]
         target leader | standby | random | <node>; source HLD:867-877; available
         --set lossPercent=30 (share that is lost)
`,
  )
})

test('why nobody knows is said once', async () => {
  const row = rowOf(kind, { unknown: 'no engine' })
  const text = await listed([row, row])
  expect(text.match(/; unknown$/gm)).toHaveLength(2)
  expect(text.match(/no engine/g)).toHaveLength(1)
})

test('as JSON it is exactly the rows', async () => {
  const rows = FAULTS.map((each) => rowOf(each, { unknown: 'no engine' }))
  expect(JSON.parse(await listed(rows, '--json'))).toEqual(JSON.parse(JSON.stringify(rows)))
})
