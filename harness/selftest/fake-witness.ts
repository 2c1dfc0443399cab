import { milliseconds, seconds } from '../lib/duration.ts'
import { type Address, HttpTarget, RequestFailed } from '../lib/http.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import type { FakeVault } from './fake-vault.ts'

/**
 * Not the injector: over the network one node is gone and another one leads.
 * @throws {NeverHappened}
 */
export async function witnessCrash(
  vault: FakeVault,
  target: string,
  signal: AbortSignal,
): Promise<string> {
  return until(
    'the crash is seen from outside',
    async () => {
      const seen = await Promise.all(
        vault.nodes.map(async ({ name, listener }) => {
          const health = await askOnce(listener.address, '/v1/sys/health')
          return { name, health }
        }),
      )
      const gone = seen.find(({ name }) => name === target)?.health
      const leader = seen.find(({ health }) => health === 200)?.name
      return gone === undefined && leader !== undefined
        ? happened(`${target} refuses connections, ${leader} leads`)
        : notYet(`${target} answers ${gone}, leader ${leader}`)
    },
    { within: seconds(5), every: milliseconds(50), signal },
  )
}

/** Status of one request; nothing when the address does not answer. */
export async function askOnce(
  address: Address,
  path: string,
  { token, body }: { readonly token?: Secret; readonly body?: string } = {},
): Promise<number | undefined> {
  const target = new HttpTarget(address)
  try {
    const { status } = await target.request({
      method: body === undefined ? 'GET' : 'POST',
      path,
      ...(token === undefined ? {} : { headers: { 'x-vault-token': token.reveal() } }),
      ...(body === undefined ? {} : { body }),
      within: seconds(1),
    })
    return status
  } catch (error) {
    if (error instanceof RequestFailed) return undefined
    throw error
  } finally {
    await target.close()
  }
}
