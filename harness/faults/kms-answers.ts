import { seconds } from '../lib/duration.ts'
import type { AwsAnswer } from '../stack/aws-proxy.ts'
import { type Detour, detourResidue, leaveDetour, planDetour, takeDetour } from './aws-proxied.ts'
import { aimed, type Fault, type FaultKind } from './fault.ts'
import { KMS_TARGETS, type KmsLinksPlan, kmsLinksOf, seenByEncrypt } from './kms-links.ts'
import { type Target, targetText } from './target.ts'

/** The KMS answers, and its answer is a refusal of AWS’s that the emulator has no way to give. */

export type KmsAnswerPlan = Omit<KmsLinksPlan, 'links' | 'toxic' | 'withinMs'> & {
  readonly detour: Detour
  readonly doors: KmsLinksPlan['links']
}

type Refusal = Pick<AwsAnswer, 'status' | 'code' | 'message'>

const THROTTLED = answered(
  'kms-throttled',
  { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' },
  'the KMS answers every call of the nodes with ThrottlingException',
)

const FAILING = answered(
  'kms-failing',
  { status: 500, code: 'KMSInternalException', message: 'An internal error occurred' },
  'the KMS answers every call of the nodes with 500 KMSInternalException',
)

const DENIED = answered(
  'kms-denied',
  { status: 400, code: 'AccessDeniedException', message: 'User is not authorized to use this key' },
  'the KMS denies the nodes every call, as after a change of IAM or of the key’s policy',
)

export const KMS_ANSWER_FAULTS: readonly FaultKind[] = [THROTTLED, FAILING, DENIED]

export const kmsThrottled = (nodes: Target = 'all'): Fault<KmsAnswerPlan> =>
  aimed(THROTTLED, targetText(nodes))

export const kmsFailing = (nodes: Target = 'all'): Fault<KmsAnswerPlan> =>
  aimed(FAILING, targetText(nodes))

export const kmsDenied = (nodes: Target = 'all'): Fault<KmsAnswerPlan> =>
  aimed(DENIED, targetText(nodes))

function answered(name: string, refusal: Refusal, does: string): FaultKind<KmsAnswerPlan> {
  const expected = `${refusal.status} ${refusal.code}`
  return {
    name,
    family: 'kms',
    does,
    witnessed: `a fresh Encrypt from inside the pod gets ${refusal.code}, one from outside works`,
    cannotShow: 'some calls that fail among others that work: every call gets this answer',
    source: 'RB:320-332; HLD:885-889',
    final: false,
    targets: KMS_TARGETS,
    parameters: {},
    needs: [],
    async plan(cluster, aim, seed) {
      const { target, links: doors, key } = await kmsLinksOf(cluster, aim, seed)
      const { touches, ...detour } = await planDetour(
        cluster,
        doors.map(({ pod }) => pod),
        'kms',
        { service: 'kms', operations: [], ...refusal },
      )
      return { target, touches, key, doors, detour }
    },
    inject: (cluster, { detour }, context) => takeDetour(cluster.docker, detour, context),
    witness: (cluster, { doors: links, key }) =>
      seenByEncrypt(cluster, { links, key }, ({ outcome }) => outcome === expected, seconds(1.5)),
    heal: (docker, { detour }) => leaveDetour(docker, detour),
    residue: (docker, { detour }) => detourResidue(docker, detour),
  }
}
