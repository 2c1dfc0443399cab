import { CREDENTIALS, REGION } from '../aws/emulator.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Address } from '../lib/http.ts'
import type { Seed } from '../lib/seed.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'
import type { FaultPlan } from './fault.ts'
import { nodesOf } from './target.ts'

/** How pods reach the object store, and a witness's own calls beside it from inside them. */

/** One pod's link to the store. */
export type Access = {
  readonly pod: string
  /** Of the pod's Toxiproxy. */
  readonly links: Address
  readonly toolbox: ToolboxSpec
  /** Where the link listens, as seen from inside the pod. */
  readonly dial: Address
  /** `host:port` where it leads. */
  readonly upstream: string
}

export type AccessPlan = FaultPlan & {
  readonly accesses: readonly Access[]
  readonly bucket: string
}

export const S3_LINK = 's3'
export const ACCESS_TARGETS = ['operator', 'all', '<node>'] as const

/** `all`: the operator and every node. @throws {CannotPlan} when there is no such pod. */
export async function accessPlan(
  cluster: Cluster,
  target: string,
  seed: Seed,
): Promise<AccessPlan> {
  const pods = await podsOf(cluster, target, seed)
  return {
    target: pods.join(','),
    touches: pods.map((pod) => cluster.pod(pod).container.id),
    accesses: pods.map((pod) => accessOf(cluster, pod)),
    bucket: cluster.aws.bucket,
  }
}

async function podsOf(cluster: Cluster, target: string, seed: Seed): Promise<readonly string[]> {
  if (target === 'operator') return ['operator']
  const nodes = (await nodesOf(cluster, target, seed)).map(({ name }) => name)
  return target === 'all' ? ['operator', ...nodes] : nodes
}

function accessOf(cluster: Cluster, pod: string): Access {
  const { links, plan } = cluster.pod(pod)
  const link = plan.links.find(({ name }) => name === S3_LINK)
  if (link === undefined) throw new RangeError(`${pod} has no link ${S3_LINK}`)
  const [host = '', port = ''] = link.listen.split(':')
  return {
    pod,
    links: links.address,
    toolbox: cluster.toolbox(pod),
    dial: { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(port) },
    upstream: link.upstream,
  }
}

/** How one call ended: a status with AWS's name of an error, or what the client got instead. */
export type Reached = {
  readonly status?: number
  readonly code?: string
  readonly failed?: string
  readonly ms: number
}

/** A listing of the bucket, which any client could make. */
const LISTING = { method: 'GET', bytes: 0 }

/** A call through the pod's link, made inside the pod. */
export const reachByLink = (docker: Docker, access: Access, bucket: string, call = LISTING) =>
  reach(docker, access, access.dial, bucket, call)

/** The same call past the link, from the same place: what would be without the fault. */
export function reachDirectly(docker: Docker, access: Access, bucket: string, call = LISTING) {
  const [host = '', port = ''] = access.upstream.split(':')
  return reach(docker, access, { host, port: Number(port) }, bucket, call)
}

export const toldOf = ({ status, code, failed, ms }: Reached): string =>
  `${failed ?? [status, code].filter((part) => part !== undefined && part !== '').join(' ')} after ${ms} ms`

async function reach(
  { engine }: Docker,
  { toolbox }: Access,
  { host, port }: Address,
  bucket: string,
  { method, bytes }: typeof LISTING,
): Promise<Reached> {
  const path = method === 'GET' ? `/${bucket}?list-type=2&max-keys=1` : `/${bucket}/witness`
  const answer = await runTool(
    engine,
    toolbox,
    `python3 - ${host} ${port} ${method} '${path}' ${bytes} <<'END'\n${CALL}END`,
  )
  return JSON.parse(answer)
}

/** The emulator checks no signature; account and service stand in the credential. */
const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=none`

const CALL = `import http.client, json, re, sys, time
host, port, method, path, size = sys.argv[1:]
began = time.monotonic()
said = {}
try:
    call = http.client.HTTPConnection(host, int(port), timeout=8)
    call.request(method, path, body=b"w" * int(size), headers={
        "authorization": "${AUTHORIZATION}", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    answer = call.getresponse()
    code = re.search(rb"<Code>([^<]*)</Code>", answer.read())
    said = {"status": answer.status, "code": code.group(1).decode() if code else ""}
except Exception as error:
    said = {"failed": type(error).__name__}
said["ms"] = round((time.monotonic() - began) * 1000)
print(json.dumps(said))
`
