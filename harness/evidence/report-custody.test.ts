import { expect, test } from 'vitest'
import type { Verdict } from '../objectives/verdict.ts'
import { custodyLines, custodySection } from './report-custody.ts'

type Row = NonNullable<Verdict['custody']>[number]

const row = (more: Partial<Row>): Row => ({
  audit: 1,
  snapshot: 'vault-snapshot-20261130-020000.snap',
  takenAt: '2026-11-30T02:00:00.000Z',
  kmsKeys: [{ id: 'old', state: 'Enabled' }],
  opens: true,
  why: 'it was restored, and serves',
  shares: [
    { generation: 1, taken: true },
    { generation: 2, taken: false },
  ],
  ...more,
})
const closed = row({
  audit: 2,
  kmsKeys: [{ id: 'old', state: 'Disabled' }],
  opens: false,
  why: 'could not verify | hash file',
  shares: [{ generation: 1, taken: null }],
})
const verdict = (custody?: readonly Row[]) =>
  ({ ...(custody === undefined ? {} : { custody }) }) as unknown as Verdict

test('each audit is a table that says of each backup what opens it', () => {
  expect(custodyLines(verdict([row({}), closed])).join('\n')).toMatchInlineSnapshot(`
    "**Seal custody, audit 1**: 1 of 1 backups open with the keys that are held

    | opens | backup | taken | KMS keys | key shares | because |
    |-|-|-|-|-|-|
    | opens | \`vault-snapshot-20261130-020000.snap\` | 2026-11-30T02:00:00.000Z | old Enabled | generation 1 taken, 2 refused | it was restored, and serves |

    **Seal custody, audit 2**: 0 of 1 backups open with the keys that are held

    | opens | backup | taken | KMS keys | key shares | because |
    |-|-|-|-|-|-|
    | **does not open** | \`vault-snapshot-20261130-020000.snap\` | 2026-11-30T02:00:00.000Z | old Disabled | nobody to ask | could not verify \\| hash file |
    "
  `)
})

test('a backup that does not open is red on the page', () => {
  const section = custodySection(verdict([row({}), closed]))
  expect(section).not.toBe(false)
  const page = section === false ? '' : section.html
  expect(page.match(/class="word good">opens</g)).toHaveLength(1)
  expect(page.match(/class="word bad">does not open</g)).toHaveLength(1)
})

test('without an audit there is nothing to show', () => {
  expect(custodySection(verdict())).toBe(false)
  expect(custodyLines(verdict([]))).toEqual([])
})
