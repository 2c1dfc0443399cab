import { milliseconds, seconds } from '../lib/duration.ts'
import { HttpTarget } from '../lib/http.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { ArchiveFile } from './archive.ts'
import { Container, createContainer, statusOf } from './container.ts'
import type { Docker } from './docker.ts'
import { runLabels } from './labels.ts'
import { refuseNameOfOthers } from './name-of-others.ts'

/**
 * An HTTP proxy between a link and the emulator, which gives chosen requests an answer of AWS's
 * that the emulator itself cannot be made to give (throttled, internal error, denied), and passes
 * everything else through.
 */

/** Which requests are answered by the proxy, and how. */
export type AwsAnswer = {
  readonly service: 'kms' | 's3'
  /** Of KMS: operations, such as `Encrypt`. Of S3: HTTP methods. Without any: every request. */
  readonly operations: readonly string[]
  /** Only requests whose path begins like this: `/bucket/folder/`. */
  readonly path?: string
  readonly status: number
  /** AWS's name of the error, such as `ThrottlingException`. */
  readonly code: string
  readonly message: string
  /** How long the answer is held back. */
  readonly delayMs?: number
}

/** JSON all through: a plan holds it, so that another process can remove what it describes. */
export type AwsProxySpec = {
  readonly name: string
  readonly image: string
  readonly entrypoint: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  /** Whether this process reaches it by a published port only. */
  readonly publish: boolean
  /** `host:port` that all other requests go to. */
  readonly upstream: string
  readonly answer: AwsAnswer
}

export const AWS_PROXY_PORT = 4566
const CONFIGURATION = '/drill/haproxy.cfg'
const BODY = '/drill/answer'
const DELAY = '/drill/delay.lua'
const READY = '/_drill/ready'

/** A proxy that is made like the balancer: from the same image, with the labels of the same run. */
export async function awsProxyLike(
  { engine, facts }: Docker,
  balancer: Container,
  rest: Pick<AwsProxySpec, 'name' | 'network' | 'upstream' | 'answer'>,
): Promise<AwsProxySpec> {
  const { Config } = await engine.getContainer(balancer.id).inspect()
  return {
    ...rest,
    image: Config.Image,
    entrypoint: [Config.Entrypoint ?? []].flat(),
    labels: { ...Config.Labels, [runLabels.role]: 'aws-proxy' },
    publish: facts.dial === 'published',
  }
}

/**
 * Starts the proxy; gives its `host:port` in the run's network once it answers.
 * @throws {NeverHappened} with what was last seen of it.
 */
export async function startAwsProxy(
  { engine }: Docker,
  spec: AwsProxySpec,
  signal?: AbortSignal,
): Promise<string> {
  const container = await createContainer(engine, {
    name: spec.name,
    image: spec.image,
    ...(spec.entrypoint.length === 0 ? {} : { entrypoint: spec.entrypoint }),
    command: ['-W', '-db', '-f', CONFIGURATION],
    labels: spec.labels,
    network: { name: spec.network },
    ...(spec.publish ? { publish: [AWS_PROXY_PORT] } : {}),
    files: proxyFiles(spec),
  })
  await container.start()
  const ip = await container.ip(spec.network)
  const dialled = spec.publish
    ? { host: '127.0.0.1', port: await container.publishedPort(AWS_PROXY_PORT) }
    : { host: ip, port: AWS_PROXY_PORT }
  const target = new HttpTarget(dialled)
  try {
    await until(
      `${spec.name} answers`,
      async () => {
        const request = { method: 'GET', path: READY, within: seconds(1), signal } as const
        const { status } = await target.request(request)
        return status === 200 ? happened(true) : notYet(`status ${status}`)
      },
      { within: seconds(15), every: milliseconds(20), signal },
    )
  } finally {
    await target.close()
  }
  return `${ip}:${AWS_PROXY_PORT}`
}

/**
 * Twice is harmless; also of one that was never made.
 * @throws {NameOfOthers} when what has its name is not this run's.
 */
export async function removeAwsProxy(
  { engine }: Pick<Docker, 'engine'>,
  spec: Pick<AwsProxySpec, 'name' | 'labels'>,
): Promise<void> {
  const container = new Container(engine, spec.name, spec.name)
  const labels = await container.labelsIfThere()
  if (labels === undefined) return
  refuseNameOfOthers(spec, labels)
  await container.remove()
}

/** Id of its container; `undefined` when there is none. */
export async function awsProxyId(
  { engine }: Pick<Docker, 'engine'>,
  { name }: Pick<AwsProxySpec, 'name'>,
): Promise<string | undefined> {
  try {
    return (await engine.getContainer(name).inspect()).Id
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** HAProxy's configuration, and the answer's body beside it so that no quoting can break it. */
export function proxyFiles({
  upstream,
  answer,
}: Pick<AwsProxySpec, 'upstream' | 'answer'>): readonly ArchiveFile[] {
  const { type, body } = bodyOf(answer)
  const chosen = conditionOf(answer)
  const { status, code, delayMs = 0 } = answer
  const condition = chosen === '' ? '' : ` if ${chosen}`
  const rules = [
    `http-request return status 200 content-type text/plain string ready if { path ${READY} }`,
    ...(delayMs === 0 ? [] : [`http-request lua.delay${condition}`]),
    `http-request return status ${status} content-type ${type} file ${BODY} hdr x-amzn-errortype ${code}${condition}`,
  ]
  const configuration = `global
    log stdout format raw local0 notice
${delayMs === 0 ? '' : `    lua-load ${DELAY}\n`}
defaults
    mode http
    log global
    retries 0
    timeout connect 1s
    timeout client 1m
    timeout server 1m

frontend aws
    bind 0.0.0.0:${AWS_PROXY_PORT}
${rules.map((rule) => `    ${rule}\n`).join('')}    default_backend emulator

backend emulator
    server emulator ${upstream}
`
  return [
    { path: CONFIGURATION, content: configuration },
    { path: BODY, content: body },
    { path: DELAY, content: delayScript(delayMs) },
  ]
}

/** HAProxy's own ways to wait end as soon as its buffer is full, which every upload does. */
const delayScript = (ms: number): string =>
  `core.register_action('delay', {'http-req'}, function() core.msleep(${ms}) end)\n`

/** In HAProxy's words, joined by "and"; empty for every request. */
function conditionOf({ service, operations, path }: AwsAnswer): string {
  const targets = operations.map((each) => `TrentService.${each}`).join(' ')
  const what = service === 'kms' ? `req.hdr(x-amz-target) -m str ${targets}` : ''
  return [
    ...(operations.length === 0 ? [] : [what === '' ? `method ${operations.join(' ')}` : what]),
    ...(path === undefined ? [] : [`path_beg ${path}`]),
  ]
    .map((each) => `{ ${each} }`)
    .join(' ')
}

/** KMS speaks JSON, S3 speaks XML. */
function bodyOf({ service, code, message }: AwsAnswer): {
  readonly type: string
  readonly body: string
} {
  if (service === 'kms') {
    const body = JSON.stringify({ __type: code, message })
    return { type: 'application/x-amz-json-1.1', body }
  }
  const told = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>${code}</Code><Message>${told}</Message><RequestId>drill</RequestId></Error>
`
  return { type: 'application/xml', body }
}
