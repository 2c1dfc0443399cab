import { products } from '../vault/product.ts'
import type { Finding } from '../vault/snapshot-archive.ts'
import type {
  KeyDifference,
  PartDifference,
  SnapshotDiff,
  SnapshotSide,
} from '../vault/snapshot-diff.ts'
import type { SnapshotFacts } from '../vault/snapshot-facts.ts'
import type { StoragePart } from '../vault/snapshot-mounts.ts'

/** What `snapshot inspect` prints. */
export function factLines(facts: SnapshotFacts): readonly string[] {
  const { file, bytes, sha256, raft, seal, state, parts, findings } = facts
  const peers = raft?.peers.map(
    ({ id, address, voter }) => `${id} ${address}${voter ? '' : ' (no voter)'}`,
  )
  return [
    `${file}: ${bytes} bytes`,
    line('sha256', sha256),
    line('server', serverOf(facts)),
    line('raft', raft === null ? 'unknown' : `index ${raft.index}, term ${raft.term}`),
    ...(peers === undefined ? [] : [line('peers', peers.join(', '))]),
    ...sealLines(seal),
    line('state', `${state.entries} entries, ${state.bytes} bytes`),
    '',
    ...table(['entries', 'bytes', 'where', ''], parts.map(partRow)),
    ...(findings.length === 0 ? [] : ['', ...findingLines(file, findings)]),
  ]
}

const line = (name: string, what: string): string => `  ${name.padEnd(9)} ${what}`

function serverOf({ product, serverVersions }: SnapshotFacts): string {
  const whose = product === null ? 'unknown product' : products[product].title
  return [whose, ...serverVersions].join(' ')
}

function sealLines(seal: SnapshotFacts['seal']): readonly string[] {
  if (seal === null) return [line('seal', 'unknown')]
  const { type, shares, threshold, recovery, keyIds, sumsKeyIds } = seal
  const keys =
    recovery === null
      ? `${threshold} of ${shares} unseal keys`
      : `${recovery.threshold} of ${recovery.shares} recovery keys`
  const others = sumsKeyIds.filter((id) => !keyIds.includes(id))
  return [
    line('seal', `${type}, ${keys}`),
    ...keyIds.map((id) => line('needs key', id)),
    ...others.map((id) => line('and key', `${id}, for its sums (a restore without force)`)),
  ]
}

function partRow({
  prefix,
  entries,
  bytes,
  kind,
  secrets,
  versions,
}: StoragePart): readonly string[] {
  const inside = secrets === undefined ? '' : `: ${secrets} secrets, ${versions} versions`
  return [`${entries}`, `${bytes}`, prefix, kind === undefined ? '' : `${kind}${inside}`]
}

/** What `snapshot verify` prints. */
export function findingLines(file: string, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) {
    return [`${file}: whole; only a restore shows whether its seal opens it`]
  }
  return [`${file}: refused`, ...findings.map(({ kind, says }) => `  ${kind.padEnd(22)} ${says}`)]
}

/** What `snapshot diff` prints. */
export function diffLines(diff: SnapshotDiff, keys: readonly KeyDifference[]): readonly string[] {
  const { a, b, parts, total } = diff
  const differing = total.onlyInA + total.onlyInB + total.changed
  const unnamed = differing - keys.length
  return [
    sideLine('a', a),
    sideLine('b', b),
    '',
    ...table(
      ['only in a', 'only in b', 'changed', 'same', 'where'],
      [...parts, { prefix: 'all of it', ...total }].map(countRow),
    ),
    ...(keys.length === 0 ? [] : ['']),
    ...keys.map(({ how, key }) => `${MARK[how]} ${key}`),
    ...(unnamed > 0 && keys.length > 0 ? [`  and ${unnamed} more (--keys ${differing})`] : []),
  ]
}

const MARK = { 'only-in-a': '-', 'only-in-b': '+', changed: '~' } as const

const sideLine = (name: string, { file, index, term, entries }: SnapshotSide): string =>
  `${name}  ${file}: index ${index ?? 'unknown'}, term ${term ?? 'unknown'}, ${entries} entries`

const countRow = ({
  prefix,
  onlyInA,
  onlyInB,
  changed,
  same,
}: PartDifference): readonly string[] => [
  `${onlyInA}`,
  `${onlyInB}`,
  `${changed}`,
  `${same}`,
  prefix,
]

/** Columns of numbers to the right, of words to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  )
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => {
        const isNumber = rows.every((each) => /^\d+$/.test(each[i] ?? ''))
        return isNumber ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
      })
      .join('  ')
      .trimEnd(),
  )
}
