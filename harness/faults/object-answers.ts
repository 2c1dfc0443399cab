import { happened, notYet } from '../lib/until.ts'
import { type Detour, detourResidue, leaveDetour, planDetour, takeDetour } from './aws-proxied.ts'
import { aimed, type Fault, type FaultKind, numberGiven, textGiven } from './fault.ts'
import {
  ACCESS_TARGETS,
  type AccessPlan,
  accessPlan,
  reachByLink,
  reachDirectly,
  S3_LINK,
  toldOf,
} from './object-access.ts'

/**
 * Faults in which the object store answers, and the answer is an error of AWS's: the links lead to
 * a proxy that gives it. The store itself is well, and others reach it.
 */

export type AnswerPlan = AccessPlan & { readonly detour: Detour }

const WITNESSED = 'a listing from inside the pod gets that answer, and another one past the link'

const FAILING = answering(
  {
    name: 's3-failing',
    does: 'the object store answers every request with an error of the server',
    cannotShow: 'an error now and then: each request gets it',
    source: 'RB:124-134',
    parameters: {
      answerStatus: { default: 503, says: 'the HTTP status of the answer' },
      code: { default: 'SlowDown', says: "AWS's name of the error" },
    },
  },
  (aim) => ({ status: numberGiven(aim, 'answerStatus'), code: textGiven(aim, 'code') }),
)

const DENIED = answering(
  {
    name: 's3-denied',
    does: 'the object store denies every request',
    cannotShow: 'which right is missing: the emulator enforces none',
    source: 'RB:103, 124-134',
    parameters: {},
  },
  () => ({ status: 403, code: 'AccessDenied' }),
)

const NO_BUCKET = answering(
  {
    name: 's3-no-bucket',
    does: 'the object store says that there is no such bucket',
    cannotShow: 'loss of what was in it: see bucket-missing, which is final',
    source: 'RB:124-134',
    parameters: {},
  },
  () => ({ status: 404, code: 'NoSuchBucket' }),
)

export const OBJECT_ANSWERS: readonly FaultKind[] = [FAILING, DENIED, NO_BUCKET]

/** Every request is answered with an error of the server. */
export const failingStore = (
  pods = 'operator',
  { status = 503, code = 'SlowDown' } = {},
): Fault<AnswerPlan> => aimed(FAILING, pods, { answerStatus: status, code })

/** Every request is denied. */
export const deniedStore = (pods = 'operator'): Fault<AnswerPlan> => aimed(DENIED, pods)

/** The store says that there is no such bucket. */
export const bucketNotThere = (pods = 'operator'): Fault<AnswerPlan> => aimed(NO_BUCKET, pods)

function answering(
  told: Pick<FaultKind, 'name' | 'does' | 'cannotShow' | 'source' | 'parameters'>,
  answerOf: (aim: Parameters<typeof textGiven>[0]) => { status: number; code: string },
): FaultKind<AnswerPlan> {
  return {
    ...told,
    family: 'objects',
    witnessed: WITNESSED,
    final: false,
    targets: ACCESS_TARGETS,
    needs: [],
    async plan(cluster, aim, seed) {
      const plan = await accessPlan(cluster, aim.target, seed)
      const pods = plan.accesses.map(({ pod }) => pod)
      const { touches: _pods, ...detour } = await planDetour(cluster, pods, S3_LINK, {
        service: 's3',
        operations: [],
        message: 'vault-drill gives this answer',
        ...answerOf(aim),
      })
      return { ...plan, detour }
    },
    inject: (cluster, { detour }, context) => takeDetour(cluster.docker, detour, context),
    async witness({ docker }, { accesses, bucket, detour }) {
      const { answer } = detour.proxy
      const seen: string[] = []
      for (const access of accesses) {
        const direct = await reachDirectly(docker, access, bucket)
        const byLink = await reachByLink(docker, access, bucket)
        const both = `in ${access.pod}: ${toldOf(byLink)}, past the link ${toldOf(direct)}`
        const isIt = byLink.status === answer.status && byLink.code === answer.code
        if (!isIt || direct.status !== 200) return notYet(both)
        seen.push(both)
      }
      return happened(seen.join('; '))
    },
    heal: (docker, { detour }) => leaveDetour(docker, detour),
    residue: (docker, { detour }) => detourResidue(docker, detour),
  }
}
