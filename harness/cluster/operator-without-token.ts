import type { Operator } from './operator.ts'
import type { OperatorKeys } from './operator-keys.ts'
import type { OperatorRaft } from './operator-raft.ts'
import type { OperatorSandbox } from './operator-sandbox.ts'
import type { OperatorSnapshots } from './operator-snapshots.ts'

/**
 * What is left to a person on call who has no token of the team's: machines, the store, what a
 * server tells everybody, and calls that are given the token they take.
 */
export type OperatorWithoutToken = Pick<
  Operator,
  | 'notes'
  | 'signIn'
  | 'start'
  | 'stop'
  | 'restart'
  | 'renewMachine'
  | 'closeBalancer'
  | 'openBalancer'
  | 'renewCertificate'
  | 'seesCertificate'
  | 'keyState'
  | 'seesLeaderThroughBalancer'
  | 'seesUnsealed'
  | 'seesSealKeyEnabled'
  | 'isUnsealed'
  | 'loss'
  | 'backups'
  | 'audit'
  | 'checks'
  | 'custody'
> & {
  readonly snapshots: Pick<
    OperatorSnapshots,
    'initialize' | 'restore' | 'untilInForce' | 'isUnderWay'
  >
  readonly sandbox: Omit<OperatorSandbox, 'compare'>
  readonly raft: Pick<
    OperatorRaft,
    'leader' | 'leads' | 'seesLeader' | 'seesOtherLeader' | 'writePeersFile'
  >
  readonly keys: Pick<
    OperatorKeys,
    | 'gather'
    | 'peopleFor'
    | 'rootToken'
    | 'revoke'
    | 'seesUnsealedByShares'
    | 'open'
    | 'seesNoneLeft'
  >
}
