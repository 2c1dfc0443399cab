import type { HttpAnswer } from '../lib/http.ts'

/** A complete answer that is not the wanted one. Its texts never hold a token. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly node: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** The server's own messages; its bare text where the answer was not Vault's JSON. */
  readonly errors: readonly string[]
  readonly headers: HttpAnswer['headers']
  /** Where a redirect points: the leader's `api_addr`, seldom reachable from the host. */
  readonly location: string | undefined

  constructor({
    node,
    method,
    path,
    status,
    errors,
    headers,
  }: {
    node: string
    method: string
    path: string
    status: number
    errors: readonly string[]
    headers: HttpAnswer['headers']
  }) {
    const location = headers.location?.toString()
    const said = errors.length > 0 ? `: ${errors.join('; ').replace(/\s+/g, ' ')}` : ''
    const redirect = location === undefined ? '' : ` with a redirect to ${location}`
    super(`${method} ${path} on ${node} answered ${status}${redirect}${said}`)
    this.node = node
    this.method = method
    this.path = path
    this.status = status
    this.errors = errors
    this.headers = headers
    this.location = location
  }

  /** Whether one of the server's messages contains this text. */
  says(text: string): boolean {
    return this.errors.some((error) => error.includes(text))
  }
}
