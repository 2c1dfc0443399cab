import { CREDENTIALS, REGION } from '../aws/emulator.ts'
import { Kms } from '../aws/kms.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { type Duration, milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'
import type { Docker } from '../stack/docker.ts'
import { runTool, type ToolboxSpec } from '../stack/toolbox.ts'

/** Calls of the KMS as a witness makes them: from inside a pod through its own link, and directly. */

/** The KMS as one pod sees it. JSON all through: a plan holds it. */
export type KmsDoor = {
  readonly pod: string
  /** A shell in the pod's network namespace. */
  readonly box: ToolboxSpec
  /** Where the pod's link listens. */
  readonly host: string
  readonly port: number
}

export const KMS_LINK = 'kms'

export function kmsDoor(cluster: Cluster, pod: string): KmsDoor {
  const listen = cluster.pod(pod).plan.links.find(({ name }) => name === KMS_LINK)?.listen ?? ''
  const [host = '', port] = listen.split(':')
  return { pod, box: cluster.toolbox(pod), host, port: Number(port) }
}

/** How one call ended, seen by its sender. */
export type KmsCall = {
  readonly pod: string
  /** `200`, `400 DisabledException`, or the system's name for a call without an answer. */
  readonly outcome: string
  readonly tookMs: number
  /** ARN of the key that was used, where the answer names one. */
  readonly key?: string
}

/** One call over a connection of its own, without the SDK and so without its retries. */
export async function callKms(
  { engine }: Docker,
  { pod, box, host, port }: KmsDoor,
  operation: 'Encrypt' | 'Decrypt',
  body: Readonly<Record<string, string>>,
  within: Duration = seconds(1.5),
): Promise<KmsCall> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20260101/${REGION}/kms/aws4_request, SignedHeaders=host, Signature=x`
  const script = `python3 - <<'END'
import http.client, json, time
began, said = time.monotonic(), {}
try:
    link = http.client.HTTPConnection(${JSON.stringify(host)}, ${port}, timeout=${within.ms / 1000})
    link.request("POST", "/", body=${JSON.stringify(JSON.stringify(body))}, headers={
        "X-Amz-Target": "TrentService.${operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": ${JSON.stringify(authorization)}})
    answer = link.getresponse()
    said = json.loads(answer.read() or b"{}")
    outcome = (str(answer.status) + " " + said.get("__type", "").split("#")[-1]).strip()
except Exception as error:
    outcome = type(error).__name__.replace("timeout", "TimeoutError")
print(json.dumps({"outcome": outcome, "tookMs": round(1000 * (time.monotonic() - began)),
    **({"key": said["KeyId"]} if "KeyId" in said else {})}))
END`
  const limit = milliseconds(within.ms + 10_000)
  return { pod, ...JSON.parse(await runTool(engine, box, script, limit)) }
}

/** Base64 of a text that says who asks. */
const PLAINTEXT = Buffer.from('vault-drill witness').toString('base64')

/** A fresh Encrypt with the key of the cluster's seal, through the link of each of these pods. */
export function encryptThrough(
  docker: Docker,
  doors: readonly KmsDoor[],
  key: string,
  within?: Duration,
): Promise<readonly KmsCall[]> {
  const body = { KeyId: key, Plaintext: PLAINTEXT }
  return Promise.all(doors.map((door) => callKms(docker, door, 'Encrypt', body, within)))
}

/** A fresh Encrypt of ours, through no link: `200`, or what failed. */
export async function encryptDirectly(address: Address, key: string): Promise<string> {
  const kms = await Kms.at(address)
  try {
    await kms.encrypt(key, Buffer.from(PLAINTEXT), { within: seconds(2) })
    return '200'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    kms.close()
  }
}

export const callsText = (calls: readonly KmsCall[]): string =>
  calls.map(({ pod, outcome, tookMs }) => `${pod} ${outcome} after ${tookMs} ms`).join(', ')
