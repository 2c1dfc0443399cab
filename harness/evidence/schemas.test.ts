import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { madeRuns } from '../../fixtures/journals/made-runs.ts'
import { makeFixture } from '../../fixtures/journals/make.ts'
import type { JournalData, JournalKind, ReadData } from '../journal/entry.ts'
import type { OperationData } from '../journal/operation.ts'
import { madeFrozen } from '../objectives/made-record.ts'
import { type ScenarioIdentity, verdictWithoutRecord } from '../objectives/verdict.ts'

const SCHEMAS = join(import.meta.dirname, '../../fixtures/schemas')
const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  strictTypes: false,
  strictRequired: false,
})
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, `${name}.schema.json`), 'utf8')))
const schemas = {
  'journal.jsonl': schema('journal'),
  'writes.jsonl': schema('writes'),
  'probes.jsonl': schema('probes'),
  'ops.jsonl': schema('ops'),
  'reads.jsonl': schema('reads'),
  'verdict.json': schema('verdict'),
  'run.json': schema('run'),
}

function complaints(path: string): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1) as keyof typeof schemas
  const text = readFileSync(path, 'utf8')
  const values = name.endsWith('.jsonl') ? text.trimEnd().split('\n') : [text]
  return values.flatMap((value, i) =>
    schemas[name](JSON.parse(value))
      ? []
      : [`${name}:${i + 1}: ${ajv.errorsText(schemas[name].errors)}`],
  )
}

test.each(Object.keys(madeRuns))(
  'every file of the run "%s" is as its schema says',
  async (name) => {
    const root = mkdtempSync(join(tmpdir(), 'schemas-'))
    try {
      const directory = await makeFixture(root, name, (madeRuns[name] as () => never)())
      const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
      const known = files.filter((file) => /\.jsonl?$/.test(file))
      expect(known).toHaveLength(7)
      for (const file of known) expect(complaints(join(directory, file))).toEqual([])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
)

/** What a verdict without a record is about. */
function identityOf(frozen: typeof madeFrozen): ScenarioIdentity {
  const { scenario, id, title, hypothesis, source } = frozen
  const { product, version, multiplier, seed, repro } = frozen
  const what = { scenario, id, title, hypothesis, source }
  return { ...what, product, version, multiplier, seed, repro }
}

test('a verdict without a record is as its schema says', () => {
  const verdict = verdictWithoutRecord(identityOf(madeFrozen), 'inconclusive', 'no engine')

  expect(schemas['verdict.json'](verdict), ajv.errorsText(schemas['verdict.json'].errors)).toBe(
    true,
  )
})

test('a field that nobody named is noticed', () => {
  const line = {
    seq: 0,
    t: 1,
    wall: '2026-11-22T02:01:14.000Z',
    kind: 'ended',
    data: {},
    prev: '0'.repeat(64),
  }

  expect(schemas['journal.jsonl'](line)).toBe(true)
  expect(schemas['journal.jsonl']({ ...line, data: { extra: 1 } })).toBe(false)
  expect(schemas['journal.jsonl']({ ...line, kind: 'begun' })).toBe(false)
})

test('a row of an audit of key custody is as both schemas say', () => {
  const data = {
    audit: 1,
    snapshot: 'vault-snapshot-20261130-020000.snap',
    takenAt: '2026-11-30T02:00:00.000Z',
    kmsKeys: [{ id: '7f3a', state: 'Disabled' }],
    opens: false,
    why: 'could not verify hash file',
    shares: [{ generation: 1, taken: null }],
  } satisfies JournalData['custody']
  const line = { seq: 0, t: 1, wall: '2026-11-30T02:01:14.000Z', kind: 'custody', data }

  expect(schemas['journal.jsonl']({ ...line, prev: '0'.repeat(64) })).toBe(true)
  const verdict = verdictWithoutRecord(identityOf(madeFrozen), 'aborted', 'it was stopped')
  expect(schemas['verdict.json']({ ...verdict, custody: [data] })).toBe(true)
  expect(schemas['verdict.json']({ ...verdict, custody: [{ ...data, extra: 1 }] })).toBe(false)
})

test.each([
  ['ops', { workload: true, call: true, return: true } satisfies Record<keyof OperationData, true>],
  [
    'reads',
    {
      pass: true,
      read: true,
      'pass.ended': true,
      register: true,
      version: true,
      'registers.ended': true,
    } satisfies Record<keyof ReadData, true>,
  ],
])('the schema of %s knows every kind of line', (name, kinds) => {
  const text = readFileSync(join(SCHEMAS, `${name}.schema.json`), 'utf8')

  expect(JSON.parse(text).properties.kind.enum.toSorted()).toEqual(Object.keys(kinds).sort())
})

test('the schema of the journal knows every kind of entry', () => {
  const kinds: Record<JournalKind, true> = {
    frozen: true,
    phase: true,
    'cluster.ready': true,
    calibration: true,
    gate: true,
    'fault.planned': true,
    'fault.injected': true,
    'fault.witnessed': true,
    'fault.unseen': true,
    'fault.healed': true,
    'fault.stuck': true,
    skipped: true,
    'wait.started': true,
    'wait.happened': true,
    'wait.expired': true,
    'procedure.started': true,
    'step.started': true,
    'step.ended': true,
    interruption: true,
    'operation.began': true,
    'operation.ended': true,
    custody: true,
    check: true,
    'load.started': true,
    'load.ended': true,
    stable: true,
    'node.state': true,
    'node.processes': true,
    converged: true,
    'file.closed': true,
    clock: true,
    note: true,
    error: true,
    aborted: true,
    ended: true,
  }
  const text = readFileSync(join(SCHEMAS, 'journal.schema.json'), 'utf8')

  expect(JSON.parse(text).properties.kind.enum.toSorted()).toEqual(Object.keys(kinds).sort())
})
