import type { Frozen } from '../journal/entry.ts'
import type { Seed } from '../lib/seed.ts'
import { FAKE_NODES } from './fake-vault.ts'

export const STABLE_COUNT = 5
export const HOLD_DOWN_MS = 1000
/** Far above what the imitation needs: only a defect can miss it. */
const LIMIT_MS = 2500

/** What every short run promises. */
export const shortPromise = (name: string, seed: Seed): Frozen => ({
  format: 1,
  scenario: name,
  id: 'selftest',
  title: 'The leader of the imitation crashes while tenants write',
  hypothesis: 'Another one takes over and no acknowledged write is lost.',
  source: 'docs/selftest.md',
  product: 'openbao',
  version: 'imitation',
  multiplier: 1,
  seed: seed.text,
  argv: ['selftest'],
  objectives: [
    {
      kind: 'rto',
      id: 'rto',
      limitMs: LIMIT_MS,
      stableCount: STABLE_COUNT,
      holdDownMs: HOLD_DOWN_MS,
    },
    { kind: 'rpo', id: 'rpo', lostWrites: 0 },
    { kind: 'consistency', id: 'consistency', contract: 'strict' },
  ],
  claims: [],
  expects: [],
  mustObserve: ['leader-changed', 'write-refused-or-unknown'],
  probed: true,
  standbyReads: 'local',
  nodes: [...FAKE_NODES],
  repro: `./drill selftest --level L1 --seed ${seed.text}`,
})
