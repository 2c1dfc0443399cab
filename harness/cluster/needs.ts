import type { AwsService } from '../stack/localstack.ts'

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
  /** The key shares are kept in AWS Secrets Manager, which is started for it. */
  readonly custody?: 'secrets-manager'
  /** Each node is unsealed by hand with three of five key shares; `awskms` unless said. */
  readonly seal?: 'shamir'
  /** A root token can be made from key shares; OpenBao's listener has to be told so. */
  readonly rootToken?: 'by-shares'
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

/** Services of AWS that a cluster with these needs uses beyond the usual ones. */
export const extraServices = ({ custody }: ClusterNeeds): readonly AwsService[] =>
  custody === undefined ? [] : ['secretsmanager']
