import { expect, test } from 'vitest'
import type { KmsAdmin } from '../cluster/custody.ts'
import type { ShareSource } from '../cluster/operator-keys.ts'
import { Secret } from '../lib/secret.ts'
import { allProcedures } from '../procedure-steps.ts'
import { auditKeyCustody } from './audit-key-custody.ts'
import { backup } from './backup.ts'
import { generateRootTokenByShares } from './generate-root-token.ts'
import { isolateCorruptedNode } from './isolate-corrupted-node.ts'
import { monthlyDrill } from './monthly-drill.ts'
import { type Procedure, type SignedIn, tokenIn } from './procedure.ts'
import { recoverQuorum } from './recover-quorum.ts'
import { recoverSecrets } from './recover-secrets.ts'
import { rejoinNode } from './rejoin-node.ts'
import { renewCertificate } from './renew-certificate.ts'
import { replaceNode } from './replace-node.ts'
import { restartBalancer } from './restart-balancer.ts'
import { restartSealedNode } from './restart-sealed-node.ts'
import { restoreCluster } from './restore-cluster.ts'
import { restoreInPlace } from './restore-in-place.ts'
import { restoreKey } from './restore-key.ts'
import { restoreVerify } from './restore-verify.ts'
import { rollingRestart } from './rolling-restart.ts'
import { rotateBarrierKey } from './rotate-barrier-key.ts'
import { rotateKmsKey } from './rotate-kms-key.ts'
import { rotateRecoveryKeys } from './rotate-recovery-keys.ts'
import { startAllNodes } from './start-all-nodes.ts'
import { undeleteSecret } from './undelete-secret.ts'
import { unsealNodes } from './unseal-nodes.ts'
import { verifyBackup } from './verify-backup.ts'

const ALL = {
  auditKeyCustody,
  backup,
  generateRootTokenByShares,
  isolateCorruptedNode,
  monthlyDrill,
  recoverQuorum,
  recoverSecrets,
  rejoinNode,
  renewCertificate,
  replaceNode,
  restartBalancer,
  restartSealedNode,
  restoreCluster,
  restoreInPlace,
  restoreKey,
  restoreVerify,
  rollingRestart,
  rotateBarrierKey,
  rotateKmsKey,
  rotateRecoveryKeys,
  startAllNodes,
  undeleteSecret,
  unsealNodes,
  verifyBackup,
} as const

/**
 * What a procedure can do with the cluster, its keys and their shares it can do by its arguments
 * alone. The compiler holds this list to them: a row that says more or less than the arguments of
 * its procedure is no valid value.
 */
const GIVEN: { readonly [Name in keyof typeof ALL]: CredentialsOf<(typeof ALL)[Name]> } = {
  auditKeyCustody: ['shares'],
  backup: [],
  generateRootTokenByShares: ['shares'],
  isolateCorruptedNode: ['token'],
  monthlyDrill: ['token'],
  recoverQuorum: ['token'],
  recoverSecrets: ['token'],
  rejoinNode: ['token'],
  renewCertificate: [],
  replaceNode: ['token'],
  restartBalancer: [],
  restartSealedNode: ['token'],
  restoreCluster: ['token or shares'],
  restoreInPlace: ['token'],
  restoreKey: ['token', 'kms'],
  restoreVerify: ['token'],
  rollingRestart: ['token'],
  rotateBarrierKey: ['token'],
  rotateKmsKey: ['token', 'kms'],
  rotateRecoveryKeys: ['token', 'shares'],
  startAllNodes: ['token'],
  undeleteSecret: ['token'],
  unsealNodes: ['token', 'shares'],
  verifyBackup: [],
}

type CredentialsOf<P> =
  P extends Procedure<infer Given>
    ? [
        ...(Given extends SignedIn
          ? ['token']
          : Given extends SignedInByEither
            ? ['token or shares']
            : []),
        ...(Given extends HasShares ? ['shares'] : []),
        ...(Given extends { readonly admin: KmsAdmin } ? ['kms'] : []),
      ]
    : never

/** Where nobody has a token, shares make one. */
type SignedInByEither = {
  readonly custody: SignedIn['custody'] | { readonly shares: ShareSource }
}

/** By a source of them, or by the name of the secret that they are kept in. */
type HasShares =
  | { readonly shares: ShareSource }
  | { readonly secret: string }
  | { readonly kept: { readonly secret: string } }

test('every procedure says what it is given', async () => {
  const procedures = await allProcedures()
  expect(
    Object.values(ALL)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(procedures.map(({ name }) => name).toSorted())
  expect(Object.keys(GIVEN)).toEqual(Object.keys(ALL))
})

test.each([
  ['the one of the custody', { custody: { token: new Secret('given') } }, 'given'],
  ['none of those for a step', { token: new Secret('older'), access: { token: 't' } }, undefined],
  ['none where there is none', {}, undefined],
  ['none where nothing is given', undefined, undefined],
])('of what is given the operator signs in with %s', (_, given, token) => {
  expect(tokenIn(given)?.reveal()).toBe(token)
})
