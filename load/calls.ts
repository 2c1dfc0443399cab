import exec from 'k6/execution'
import http from 'k6/http'
import { Trend } from 'k6/metrics'
import { tagsOf, type Wanted } from './answer.ts'
import { type Credentials, given, token } from './given.ts'
import type { Operation } from './mix.ts'

/**
 * The calls of the load, as the application of the design makes them (HLD:582-631, 1014-1040).
 * Each has its own deadline and says in its tags what it is, whose, and which endpoint.
 */

/**
 * Milliseconds from the call to its end. k6's `http_req_duration` begins when there is a
 * connection: a request that was never connected has 0 there, and cannot be placed in time.
 */
const callDuration = new Trend('call_duration', true)

/** The one thing of the console that is used. */
declare const console: { readonly info: (text: string) => void }

const PATH = 'exchanges/binance/trading'

/** What a tenant's secret holds (HLD:1031), and nobody else's; the harness furnishes the same. */
const secretOf = (tenant: string): string => `load-test-secret-${tenant}`

/** A path of its own, so that no reader meets a secret that was hidden. */
const SCRATCH = 'exchanges/binance/scratch'

type Call = Wanted & {
  readonly op: Operation
  readonly tenant: string
  readonly method: string
  /** Below `/v1/`, with `:tenant` for the tenant's id. */
  readonly endpoint: string
  readonly body?: unknown
  readonly token?: string
}

function ask(call: Call) {
  const { op, tenant, method, endpoint, body, status } = call
  if (exec.scenario.iterationInTest === 0) console.info('the first request is sent')
  const tags = { op, tenant, endpoint }
  const began = Date.now()
  const answer = http.request(
    method,
    `${given.url}/v1/${endpoint.replace(':tenant', tenant)}`,
    body === undefined ? null : JSON.stringify(body),
    {
      tags,
      headers: call.token === '' ? {} : { 'X-Vault-Token': call.token ?? token },
      timeout: given.timeoutMs,
      redirects: 0, // each call is one request and one sample
      responseCallback: http.expectedStatuses(status),
      responseType: 'text', // else a wrong answer would be as good as a right one
    },
  )
  callDuration.add(Date.now() - began, { ...tags, ...tagsOf(answer, call) })
  return answer
}

export const read = (tenant: string, as?: string) =>
  ask({
    op: 'read',
    tenant,
    method: 'GET',
    endpoint: `secret/data/tenants/:tenant/${PATH}`,
    status: 200,
    holds: `"${secretOf(tenant)}"`,
    ...(as === undefined ? {} : { token: as }),
  })

export const write = (tenant: string, as?: string, path = PATH) =>
  ask({
    op: 'write',
    tenant,
    method: 'POST',
    endpoint: `secret/data/tenants/:tenant/${path}`,
    body: { data: { api_key: 'load-test-key', secret: secretOf(tenant) } },
    status: 200,
    ...(as === undefined ? {} : { token: as }),
  })

export const list = (tenant: string, as?: string) =>
  ask({
    op: 'list',
    tenant,
    method: 'LIST',
    endpoint: 'secret/metadata/tenants/:tenant/exchanges/binance',
    status: 200,
    holds: '"trading"',
    ...(as === undefined ? {} : { token: as }),
  })

/** All tenants by name, as an administration shows them: the answer grows with their number. */
export const listTenants = () =>
  ask({
    op: 'list',
    tenant: '',
    method: 'LIST',
    endpoint: 'secret/metadata/tenants',
    status: 200,
    holds: `"${given.tenants[given.tenants.length - 1]}/"`,
  })

/** Writes a secret that nobody reads, and hides it again. */
export function writeAndDelete(tenant: string, as: string): void {
  write(tenant, as, SCRATCH)
  ask({
    op: 'delete',
    tenant,
    method: 'DELETE',
    endpoint: `secret/data/tenants/:tenant/${SCRATCH}`,
    status: 204,
    token: as,
  })
}

/** A tenant's own token; `undefined` where none was given. */
export function logIn(tenant: string, credentials: Credentials): string | undefined {
  const answer = ask({
    op: 'login',
    tenant,
    method: 'POST',
    endpoint: 'auth/approle/login',
    body: credentials,
    status: 200,
    token: '',
  })
  if (answer.status !== 200) return undefined
  return answer.json('auth.client_token') as string
}
