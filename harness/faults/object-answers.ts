import { happened, notYet } from '../lib/until.ts'
import {
  type AwsProxySpec,
  awsProxyId,
  awsProxyLike,
  removeAwsProxy,
  startAwsProxy,
} from '../stack/aws-proxy.ts'
import { Links } from '../stack/toxiproxy.ts'
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

export type AnswerPlan = AccessPlan & { readonly proxy: AwsProxySpec }

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
      const { inside } = cluster.aws
      const proxy = await awsProxyLike(cluster.docker, cluster.balancer, {
        // Named like the tools, so that it goes when they go.
        name: [cluster.toolbox('operator').name, told.name, ...plan.target.split(',')].join('-'),
        network: cluster.network,
        upstream: `${inside.host}:${inside.port}`,
        answer: {
          service: 's3',
          operations: [],
          message: 'vault-drill gives this answer',
          ...answerOf(aim),
        },
      })
      return { ...plan, proxy }
    },
    async inject({ docker }, { accesses, proxy }, { clock, signal }) {
      const at = await startAwsProxy(docker, proxy, signal)
      const issued = clock.now()
      await Promise.all(accesses.map(({ links }) => new Links(links).setUpstream(S3_LINK, at)))
      return { issued, proven: clock.now() }
    },
    async witness({ docker }, { accesses, bucket, proxy: { answer } }) {
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
    async heal(docker, { accesses, proxy }) {
      await Promise.all(
        accesses.map(({ links, upstream }) => new Links(links).setUpstream(S3_LINK, upstream)),
      )
      await removeAwsProxy(docker, proxy)
    },
    async residue(docker, { accesses, proxy }) {
      const elsewhere = accesses.map(async ({ pod, links, upstream }) => {
        const state = await new Links(links).state(S3_LINK)
        return state.upstream === upstream ? [] : [`link ${S3_LINK} of ${pod} leads elsewhere`]
      })
      const left = (await awsProxyId(docker, proxy)) === undefined ? [] : [`${proxy.name} is there`]
      return [...(await Promise.all(elsewhere)).flat(), ...left]
    },
  }
}
