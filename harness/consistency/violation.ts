/** What a history or a read-out shows that a register cannot have done. */
export type Violation = {
  /** A1–A5: rules of the versions; B: the search; R: deletes; C: content; N: nodes; cut: a restore. */
  readonly rule: 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | 'B' | 'R' | 'C' | 'N' | 'cut'
  readonly name: ViolationName
  readonly key: string
  /** Numbers `i` of the operations that show it. */
  readonly ops: readonly number[]
  readonly because: string
}

export type ViolationName =
  /** Two acknowledgements, or two values, of one version. */
  | 'duplicate-version'
  /** One write owns two versions: its request was forwarded twice. */
  | 'duplicate-apply'
  | 'version-gap'
  /** Its value is of no operation on this register. */
  | 'foreign-value'
  /** More versions than anybody can have written. */
  | 'foreign-version'
  /** Acknowledged as one version and found at another. */
  | 'wrong-version'
  | 'stale-read'
  /** A write made an older version than was known before it began. */
  | 'version-order'
  | 'future-read'
  | 'cas-anomaly'
  | 'lost-acknowledged-write'
  /** Never acknowledged, but somebody read it before it was gone. */
  | 'observed-write-lost'
  | 'refused-write-visible'
  | 'not-linearizable'
  | 'resurrection'
  | 'deleted-by-nobody'
  | 'corrupt-value'
  | 'nodes-differ'
  | 'lost-before-snapshot'
  | 'present-after-snapshot'
  | 'inconsistent-cut'
  | 'lost-after-restore'
