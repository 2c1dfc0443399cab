import type Dockerode from 'dockerode'
import { milliseconds, seconds } from '../lib/duration.ts'
import { HttpTarget } from '../lib/http.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { type Container, createContainer } from './container.ts'

export const LOCALSTACK_PORT = 4566

/** Only what is used is started: a service costs memory and start-up time. */
export type AwsService = 'kms' | 's3' | 'secretsmanager' | 'sts' | 'logs'

export type LocalstackSpec = {
  readonly name: string
  readonly image: string
  readonly entrypoint?: readonly string[]
  readonly network: string
  readonly ip: string
  readonly labels: Readonly<Record<string, string>>
  readonly services: readonly AwsService[]
  readonly publish: boolean
}

export type Localstack = {
  readonly container: Container
  /** Where pods find it, in the run's network. */
  readonly ip: string
}

/** Starts the emulator without waiting for it; `awaitLocalstack` does that. */
export async function startLocalstack(
  docker: Dockerode,
  spec: LocalstackSpec,
): Promise<Localstack> {
  const container = await createContainer(docker, {
    name: spec.name,
    image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { entrypoint: spec.entrypoint }),
    labels: spec.labels,
    network: { name: spec.network, ip: spec.ip },
    ...(spec.publish ? { publish: [LOCALSTACK_PORT] } : {}),
    env: {
      SERVICES: spec.services.join(','),
      EAGER_SERVICE_LOADING: '1',
      GATEWAY_LISTEN: `0.0.0.0:${LOCALSTACK_PORT}`,
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      // The key of an object is checked, as AWS does; the emulator skips that by default.
      S3_SKIP_KMS_KEY_VALIDATION: '0',
      // Nothing may leave the stack; these two would wait for an answer from outside.
      API_ENDPOINT: 'http://127.0.0.1:9',
      ANALYTICS_API: 'http://127.0.0.1:9',
    },
  })
  await container.start()
  return { container, ip: spec.ip }
}

/**
 * Ready means that every service is `running` in the health answer: one that fails to load is
 * only logged by LocalStack.
 * @throws {NeverHappened} with the last health answer; {LocalstackEnded} when its process ends.
 */
export async function awaitLocalstack(
  { container }: Localstack,
  address: { readonly host: string; readonly port: number },
  services: readonly AwsService[],
  signal?: AbortSignal,
): Promise<void> {
  const target = new HttpTarget(address)
  const look = async () => {
    const answer = await target
      .request({ method: 'GET', path: '/_localstack/health', within: seconds(2), signal })
      .catch(async (error) => {
        const end = await endOf(container)
        if (end === undefined) throw error
        return end
      })
    if (answer instanceof LocalstackEnded) return happened(answer)
    const { services: states } = JSON.parse(answer.body.toString()) as {
      services: Record<string, string>
    }
    const waiting = services.filter((service) => states[service] !== 'running')
    return waiting.length === 0
      ? happened(undefined)
      : notYet(waiting.map((service) => `${service} is ${states[service] ?? 'absent'}`).join(', '))
  }
  try {
    // Its end is found, not thrown: a look that throws counts as "not yet".
    const end = await until<LocalstackEnded | undefined>('LocalStack is ready', look, {
      within: seconds(90),
      every: milliseconds(50),
      signal,
    })
    if (end !== undefined) throw end
  } finally {
    await target.close()
  }
}

/** How many calls of one KMS operation the emulator has answered, from its own request log. */
export async function kmsCalls({ container }: Localstack, operation: string): Promise<number> {
  const log = await container.logs()
  return log.split('\n').filter((line) => line.includes(`AWS kms.${operation} => 200`)).length
}

async function endOf(container: Container): Promise<LocalstackEnded | undefined> {
  const state = await container.state()
  if (state.running) return undefined
  return new LocalstackEnded(state.exitCode, (await container.logs(5)).trim())
}

/** LocalStack's process ended while it was waited for. */
export class LocalstackEnded extends Error {
  override readonly name = 'LocalstackEnded'
  constructor(exitCode: number, lastLines: string) {
    // 55 is its code for a build that wants a licence token.
    const why = exitCode === 55 ? 'this build needs a licence token' : lastLines.split('\n').at(-1)
    super(`LocalStack ended with exit code ${exitCode} while starting: ${why}`)
  }
}
