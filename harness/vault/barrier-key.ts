import type { CallOptions, VaultClient } from './client.ts'

/** The key that encrypts what is stored; each rotation adds one, and the ones before stay. */
export type BarrierKey = {
  /** Grows by one with every rotation. */
  readonly term: number
  /** RFC 3339. */
  readonly installedAt: string
}

/** `GET sys/key-status`. */
export async function barrierKey(
  client: VaultClient,
  options: CallOptions = {},
): Promise<BarrierKey> {
  const { body } = await client.request<{ data: { term: number; install_time: string } }>(
    'GET',
    'sys/key-status',
    options,
  )
  return { term: body.data.term, installedAt: body.data.install_time }
}

/** `PUT sys/rotate`: what is written from now on is encrypted with a new key. Online. */
export async function rotateBarrierKey(
  client: VaultClient,
  options: CallOptions = {},
): Promise<void> {
  await client.request('PUT', 'sys/rotate', options)
}
