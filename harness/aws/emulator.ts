import { type Duration, formatDuration, milliseconds, seconds } from '../lib/duration.ts'
import type { Address } from '../lib/http.ts'

/**
 * What all AWS clients of the stack share: the one account and region of the emulator, and how
 * a call is limited and named when it fails. Nothing is tried twice, and neither the profile
 * nor the environment of the user has a say.
 */

export const REGION = 'us-east-1'

/** LocalStack takes an access key of 12 digits for the account, and checks no secret. */
export const CREDENTIALS = { accessKeyId: '123456789012', secretAccessKey: 'test' }

export type AwsCallOptions = {
  /** 5 s unless said. */
  readonly within?: Duration
  readonly signal?: AbortSignal | undefined
}

export const clientSettings = ({ host, port }: Address) => ({
  endpoint: `http://${host}:${port}`,
  region: REGION,
  credentials: CREDENTIALS,
  maxAttempts: 1,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
})

/**
 * Runs one call of the SDK under a deadline of its own.
 * @throws {AwsError} that names the operation, for any failure.
 */
export async function awsCall<A>(
  operation: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<A>,
  { within = seconds(5), signal }: AwsCallOptions = {},
): Promise<A> {
  signal?.throwIfAborted()
  const limit = AbortSignal.timeout(within.ms)
  const abortSignal = signal === undefined ? limit : AbortSignal.any([limit, signal])
  try {
    return await send({ abortSignal })
  } catch (error) {
    signal?.throwIfAborted()
    throw new AwsError(operation, limit.aborted ? milliseconds(within.ms) : undefined, error)
  }
}

/** An AWS call without the wanted answer. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  /** Service and call, such as `kms:DescribeKey`. */
  readonly operation: string
  /** AWS's name of the error, such as `DisabledException`; the system's when nobody answered. */
  readonly code: string
  readonly status: number | undefined

  constructor(operation: string, passedLimit: Duration | undefined, cause: unknown) {
    const { name, message, code, $metadata } = cause as Partial<
      Error & { code: string; $metadata: { httpStatusCode?: number } }
    >
    const errorCode = passedLimit === undefined ? (code ?? name ?? 'Unknown') : 'Timeout'
    super(
      passedLimit === undefined
        ? `${operation} failed: ${errorCode}: ${message}`
        : `${operation}: no answer within ${formatDuration(passedLimit)}`,
      { cause },
    )
    this.operation = operation
    this.code = errorCode
    this.status = $metadata?.httpStatusCode
  }

  /** Whether it was answered, with a no: what AWS would say too. Else the emulator is broken or silent. */
  get isRefusal(): boolean {
    return this.status !== undefined && this.status < 500
  }
}
