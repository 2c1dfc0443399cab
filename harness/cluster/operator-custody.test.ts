import { expect, test } from 'vitest'
import { AwsError } from '../aws/emulator.ts'
import { seconds } from '../lib/duration.ts'
import { Secret } from '../lib/secret.ts'
import { NeverHappened } from '../lib/until.ts'
import { auditKeyCustody } from '../procedures/audit-key-custody.ts'
import { VaultError } from '../vault/error.ts'
import { SnapshotDamaged } from '../vault/snapshot-facts.ts'
import type { Operator, OperatorPlace } from './operator.ts'
import {
  type FoundBackup,
  NotAsSaved,
  type OperatorBackupChecks,
} from './operator-backup-checks.ts'
import { type CustodyRow, NotOpenable, OperatorCustody } from './operator-custody.ts'
import { NO_LOG } from './operator-notes.ts'
import type { OperatorSandbox } from './operator-sandbox.ts'
import { WrittenByNewer } from './operator-snapshots.ts'
import { Refusal } from './refusal.ts'

const KEYS = ['the first', 'the second'] as const

/** Where the way of a backup to a server that serves it may end. */
type End = { readonly at: 'fetch' | 'start' | 'restore' | 'in force'; readonly error: Error }

/** An audit of two backups, the first of which ends so; the second opens. */
async function audited({ at, error }: End) {
  const journal: CustodyRow[] = []
  let removed = 0
  let examined = ''
  const endsAt = (place: End['at']) => async () => {
    if (at === place && examined === KEYS[0]) throw error
    return {}
  }
  const checks = {
    fetched: 'newest.fetched',
    fetch: async ({ key }: FoundBackup) => {
      examined = key
      return endsAt('fetch')()
    },
  } as unknown as OperatorBackupChecks
  const sandbox = {
    start: endsAt('start'),
    initialize: async () => {},
    restore: endsAt('restore'),
    untilInForce: endsAt('in force'),
    remove: async () => {
      removed++
    },
  } as unknown as OperatorSandbox
  const place = {
    product: 'openbao',
    aws: { address: { host: '127.0.0.1', port: 1 } },
    log: { ...NO_LOG, custody: (row: CustodyRow) => journal.push(row) },
    signal: new AbortController().signal,
  } as unknown as OperatorPlace
  const custody = new OperatorCustody(place, checks, sandbox)
  const operator = {
    custody: {
      retained: async () => KEYS.map((key) => ({ bucket: 'b', key, takenMs: 0 })),
      generations: async () => [],
      examine: custody.examine.bind(custody),
    },
  } as unknown as Operator
  let told: readonly CustodyRow[] = []
  const given = {
    bucket: 'b',
    secret: 'shares',
    token: new Secret('s.older'),
    audit: 1,
    told: (rows: readonly CustodyRow[]) => {
      told = rows
    },
  }
  const ended = await auditKeyCustody
    .perform(
      operator,
      given,
      (_title, act) => act(),
      () => Promise.reject(new Error('it performs no other one')),
    )
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  return { ended, journal, told, removed }
}

const damage = new SnapshotDamaged('one.snap', [{ kind: 'empty', says: 'it is empty' }])
const sealed = new VaultError({
  node: 'sandbox',
  method: 'POST',
  path: 'sys/storage/raft/snapshot',
  status: 400,
  errors: ['could not verify hash file'],
  headers: {},
})
const $metadata = { httpStatusCode: 404 }
const away = new AwsError('s3:GetObject', undefined, { name: 'NoSuchKey', $metadata })

test.each<[what: string, end: End, why: RegExp]>([
  ['is damaged', { at: 'fetch', error: damage }, /it is empty/],
  ['is another one', { at: 'fetch', error: new NotAsSaved('k', 'a', 'b') }, /was saved with/],
  ['is not given by the store', { at: 'fetch', error: away }, /NoSuchKey/],
  [
    'is encrypted for a key that is not here',
    { at: 'fetch', error: new Refusal('a private key', 'the keyring of this host has none') },
    /^wanted: a private key; seen: the keyring of this host has none/,
  ],
  [
    'is of a newer server',
    { at: 'restore', error: new WrittenByNewer('99.0.0', '2.6.2') },
    /a server of 99\.0\.0.*seen: 2\.6\.2/,
  ],
  ['is of another seal', { at: 'restore', error: sealed }, /^could not verify hash file$/],
  [
    'is taken and never served',
    { at: 'in force', error: new NeverHappened('it is in force', seconds(1), 'refused') },
    /refused/,
  ],
])('a backup that %s is a row, and the next one is examined', async (_what, end, why) => {
  const { ended, journal, told, removed } = await audited(end)
  expect(journal.map(({ snapshot, opens }) => [snapshot, opens])).toEqual([
    [KEYS[0], false],
    [KEYS[1], true],
  ])
  expect(journal[0]?.why).toMatch(why)
  expect(told).toEqual(journal)
  expect(ended).toBeInstanceOf(NotOpenable)
  expect(removed).toBe(end.at === 'fetch' ? 1 : 2)
})

test('what is no fault of the backup ends the audit', async () => {
  const error = new Error('there is no machine for the sandbox')
  const { ended, journal } = await audited({ at: 'start', error })
  expect(ended).toBe(error)
  expect(journal).toEqual([])
})
