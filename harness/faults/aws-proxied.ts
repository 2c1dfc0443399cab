import type { Cluster } from '../cluster/cluster.ts'
import type { Address } from '../lib/http.ts'
import {
  type AwsAnswer,
  type AwsProxySpec,
  awsProxyId,
  awsProxyLike,
  removeAwsProxy,
  startAwsProxy,
} from '../stack/aws-proxy.ts'
import type { Docker } from '../stack/docker.ts'
import { Links } from '../stack/toxiproxy.ts'
import type { Effect, FaultPlan, Injection } from './fault.ts'

/** Links to the emulator that lead through an HTTP proxy for a while; of the KMS and of S3 alike. */

/** What a plan holds so that the links can be led back. */
export type Detour = {
  readonly proxy: AwsProxySpec
  readonly links: readonly {
    readonly pod: string
    /** `kms` or `s3`. */
    readonly link: string
    readonly toxiproxy: Address
    /** Where it led before, and leads again afterwards. */
    readonly upstream: string
  }[]
}

export type DetourPlan = FaultPlan & Detour

/** Plans to lead one link of each of these pods through a proxy that gives this answer. */
export async function planDetour(
  cluster: Cluster,
  pods: readonly string[],
  link: 'kms' | 's3',
  answer: AwsAnswer,
): Promise<Detour & Pick<FaultPlan, 'touches'>> {
  const links = pods.map((pod) => {
    const { links, plan } = cluster.pod(pod)
    // As it was made, not as it is: another detour may be in force, and end before this one.
    const upstream = plan.links.find(({ name }) => name === link)?.upstream
    if (upstream === undefined) throw new RangeError(`${pod} has no link ${link}`)
    return { pod, link, toxiproxy: links.address, upstream }
  })
  const { host, port } = cluster.aws.inside
  // Below the name of a toolbox: what has such a name is removed with the cluster at the latest.
  const code = answer.code.toLowerCase()
  const name = [cluster.toolbox('operator').name, link, code, ...pods].join('-')
  return {
    touches: pods.map((pod) => cluster.pod(pod).container.id),
    links,
    proxy: await awsProxyLike(cluster.docker, cluster.balancer, {
      name,
      network: cluster.network,
      upstream: `${host}:${port}`,
      answer,
    }),
  }
}

/** The proxy is up before a link leads to it, so only the turn of the links has an effect. */
export async function takeDetour(
  docker: Docker,
  { proxy, links }: Detour,
  { clock, signal }: Injection,
): Promise<Effect> {
  const upstream = await startAwsProxy(docker, proxy, signal)
  const issued = clock.now()
  await Promise.all(
    links.map(({ link, toxiproxy }) => new Links(toxiproxy).setUpstream(link, upstream)),
  )
  return { issued, proven: clock.now() }
}

/** Twice is harmless: a link that leads where it led before is not touched. */
export async function leaveDetour(docker: Docker, { proxy, links }: Detour): Promise<void> {
  await Promise.all(
    links.map(async ({ link, toxiproxy, upstream }) => {
      const pod = new Links(toxiproxy)
      const state = await pod.state(link)
      if (state.upstream !== upstream) await pod.setUpstream(link, upstream)
    }),
  )
  await removeAwsProxy(docker, proxy)
}

export async function detourResidue(
  docker: Docker,
  { proxy, links }: Detour,
): Promise<readonly string[]> {
  const led = await Promise.all(
    links.map(async ({ pod, link, toxiproxy, upstream }) => {
      const now = (await new Links(toxiproxy).state(link)).upstream
      return now === upstream ? [] : [`link ${link} of ${pod} leads to ${now}, not to ${upstream}`]
    }),
  )
  const isThere = (await awsProxyId(docker, proxy)) !== undefined
  return [...led.flat(), ...(isThere ? [`the HTTP proxy ${proxy.name} is still there`] : [])]
}
