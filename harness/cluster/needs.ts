/**
 * What a scenario wants of its cluster beyond the usual. Clusters are shared only between
 * scenarios that want the same.
 */
export type ClusterNeeds = {
  /** 3 unless said. */
  readonly nodes?: 3 | 5
  /** An emulator of its own, which may be restarted or broken as a whole. */
  readonly aws?: 'own'
  /** Each data volume has this size, so that it can be filled; it lies in memory. */
  readonly dataMiB?: number
  /** A terminal on the operator pod, in which the documents' commands are typed. */
  readonly operator?: 'shell'
  /**
   * `small`: the audit file is on a volume of its own, which can be filled; `piped`: the audit
   * device is a pipe with a reader that can be held up; `two`, `piped-two`: the same, and a
   * second file device on the server's own disk.
   */
  readonly audit?: 'small' | 'piped' | 'two' | 'piped-two'
}

/** Equal needs give equal texts. */
export const needsText = (needs: ClusterNeeds): string =>
  JSON.stringify(Object.entries(needs).toSorted(([a], [b]) => a.localeCompare(b)))
