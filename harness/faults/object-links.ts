import { happened, notYet } from '../lib/until.ts'
import { Links, type Toxic } from '../stack/toxiproxy.ts'
import { aimed, type Fault, type FaultKind, numberGiven } from './fault.ts'
import {
  ACCESS_TARGETS,
  type Access,
  type AccessPlan,
  accessPlan,
  type Reached,
  reachByLink,
  reachDirectly,
  S3_LINK,
  toldOf,
} from './object-access.ts'

/** Faults on the way to the object store: the store itself is well, and others reach it. */

/** `amount`: milliseconds or bytes, as its kind says. */
export type WayPlan = AccessPlan & { readonly amount: number }

const REFUSED = onTheWay({
  name: 's3-refused',
  does: 'connections to the object store are refused',
  witnessed: 'a listing from inside the pod is refused, and answered past the link',
  cannotShow: 'a store that hangs: a refusal is known at once',
  source: 'RB:124-134',
  parameters: {},
  looksLike: (byLink) => byLink.failed === 'ConnectionRefusedError',
  enable: false,
})

const SLOW = onTheWay({
  name: 's3-slow',
  does: 'every answer of the object store comes late',
  witnessed: 'a listing from inside the pod takes that much longer than one past the link',
  cannotShow: 'a thin line: the bytes flow as fast as ever once they flow',
  source: 'RB:208, 488',
  parameters: { latencyMs: { default: 500, says: 'added to each answer' } },
  looksLike: (byLink, direct, { amount }) =>
    byLink.status !== undefined && byLink.ms - direct.ms >= amount * 0.9,
  toxic: (amount) => ({ type: 'latency', stream: 'downstream', attributes: { latency: amount } }),
})

const CUT = onTheWay({
  name: 'upload-cut',
  does: 'a connection to the object store is closed once so many bytes were sent on it',
  witnessed: 'an upload of 1 MiB more from inside the pod breaks off, and ends past the link',
  cannotShow: 'a store that keeps half an object: S3 stores all of an upload or nothing',
  source: 'RB:124-134',
  parameters: { sentBytes: { default: 65_536, says: 'after which it is closed' } },
  // To a bucket that does not exist: the store takes all of it in before it says so.
  call: ({ amount }) => ({ method: 'PUT', bytes: amount + 2 ** 20, bucket: 'vault-drill-nowhere' }),
  looksLike: (byLink, direct) => byLink.failed !== undefined && direct.status === 404,
  toxic: (amount) => ({ type: 'limit_data', stream: 'upstream', attributes: { bytes: amount } }),
})

export const OBJECT_LINKS: readonly FaultKind[] = [REFUSED, SLOW, CUT]

/** Connections to the store are refused. */
export const refusedStore = (pods = 'operator'): Fault<WayPlan> => aimed(REFUSED, pods)

/** Every answer of the store comes late. */
export const slowStore = (pods = 'operator', latencyMs = 500): Fault<WayPlan> =>
  aimed(SLOW, pods, { latencyMs })

/** A connection to the store is closed after so many bytes. */
export const cutUpload = (pods = 'operator', sentBytes = 65_536): Fault<WayPlan> =>
  aimed(CUT, pods, { sentBytes })

type Way = Pick<
  FaultKind,
  'name' | 'does' | 'witnessed' | 'cannotShow' | 'source' | 'parameters'
> & {
  readonly looksLike: (byLink: Reached, direct: Reached, plan: WayPlan) => boolean
  /** A listing of the bucket unless said. */
  readonly call?: (plan: WayPlan) => {
    readonly method: string
    readonly bytes: number
    readonly bucket: string
  }
} & (
    | { readonly enable: false }
    | { readonly toxic: (amount: number) => Pick<Toxic, 'type' | 'stream' | 'attributes'> }
  )

function onTheWay({ looksLike, call, ...way }: Way): FaultKind<WayPlan> {
  const { name, does, witnessed, cannotShow, source, parameters } = way
  const set = async ({ links: address }: Access, amount: number): Promise<void> => {
    const links = new Links(address)
    if ('enable' in way) await links.setEnabled(S3_LINK, false)
    else await links.addToxic(S3_LINK, { name, ...way.toxic(amount) })
  }
  const unset = async ({ links: address }: Access): Promise<void> => {
    const links = new Links(address)
    if ('enable' in way) await links.setEnabled(S3_LINK, true)
    else await links.removeToxic(S3_LINK, name)
  }
  return {
    ...{ name, does, witnessed, cannotShow, source, parameters },
    family: 'objects',
    final: false,
    targets: ACCESS_TARGETS,
    needs: [],
    async plan(cluster, aim, seed) {
      const [parameter] = Object.keys(parameters)
      const amount = parameter === undefined ? 0 : numberGiven(aim, parameter)
      return { ...(await accessPlan(cluster, aim.target, seed)), amount }
    },
    async inject(_cluster, { accesses, amount }, { clock }) {
      const issued = clock.now()
      await Promise.all(accesses.map((access) => set(access, amount)))
      return { issued, proven: clock.now() }
    },
    async witness({ docker }, plan) {
      const asked = call?.(plan)
      const bucket = asked?.bucket ?? plan.bucket
      const told: string[] = []
      for (const access of plan.accesses) {
        const direct = await reachDirectly(docker, access, bucket, asked)
        const byLink = await reachByLink(docker, access, bucket, asked)
        const seen = `in ${access.pod}: ${toldOf(byLink)}, past the link ${toldOf(direct)}`
        if (!looksLike(byLink, direct, plan)) return notYet(seen)
        told.push(seen)
      }
      return happened(told.join('; '))
    },
    async heal(_docker, { accesses }) {
      await Promise.all(accesses.map(unset))
    },
    async residue(_docker, { accesses }) {
      const found = accesses.map(async ({ pod, links }) => {
        const { enabled, toxics } = await new Links(links).state(S3_LINK)
        return [
          ...('enable' in way && !enabled ? [`link ${S3_LINK} of ${pod} is disabled`] : []),
          ...toxics
            .filter((toxic) => toxic.name === name)
            .map((toxic) => `toxic ${toxic.name} on link ${S3_LINK} of ${pod}`),
        ]
      })
      return (await Promise.all(found)).flat()
    },
  }
}
